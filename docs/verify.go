// Command verify checks a transparency log of hengtan, or one proof from it, with code that is not hengtan's: signatures by
// golang.org/x/mod/sumdb/note, hashes and proofs by golang.org/x/mod/sumdb/tlog. Below that it only reads files.
//
//	verify -vkey KEY DIR                        every entry, every tile, the root and the signature of a log folder
//	verify -vkey KEY -since OLD DIR             ... and that the log begins with the whole log of an older checkpoint
//	verify -vkey KEY -growth G -since OLD       the same of a consistency proof ("ledger prove DIR --since"); no log is needed
//	verify -vkey KEY -proof P -entry E          one entry with its tlog-proof; no log is needed
//	verify -vkey KEY -proof P -file run.json    a file with the proof beside it: the entry commits to it
//
// KEY is the verifier key that you got from the log's owner by another way, or a file that holds it; after a rotation give
// -vkey once for each key. With -witness KEY a cosignature of that witness must be there too. Exit 0: it holds; 1: it does
// not, and why is on standard error; 2: wrong usage.
//
// Without modules, from the Debian packages golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify verify.go
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	width     = 256 // hashes in a full tile, entries in a full bundle
	height    = 8
	proofHead = "c2sp.org/tlog-proof@v1"
)

type keys []string

func (k *keys) String() string     { return strings.Join(*k, " ") }
func (k *keys) Set(s string) error { *k = append(*k, s); return nil }

func main() {
	var vkeys, witnesses keys
	flag.Var(&vkeys, "vkey", "verifier `KEY` of the log, or a file with it; once for each key after a rotation")
	flag.Var(&witnesses, "witness", "verifier `KEY` of a witness whose cosignature must be there, or a file with it")
	since := flag.String("since", "", "older checkpoint `FILE` that the log must extend")
	growth := flag.String("growth", "", "consistency proof `FILE`: the body of an add-checkpoint request")
	proof := flag.String("proof", "", "tlog-proof `FILE`")
	entry := flag.String("entry", "", "`FILE` with the bytes of the entry that the proof is for")
	file := flag.String("file", "", "`FILE` that the proof's entry commits to, such as run.json")
	flag.Parse()
	dir := flag.Arg(0)
	given := 0
	for _, each := range []string{dir, *growth, *proof} {
		if each != "" {
			given++
		}
	}
	if len(vkeys) == 0 || flag.NArg() > 1 || given != 1 ||
		(*proof == "") != (*entry == "" && *file == "") || (*growth != "" && *since == "") {
		fmt.Fprintln(os.Stderr, "usage: verify -vkey KEY [-witness KEY] [-since OLD] DIR\n"+
			"       verify -vkey KEY [-witness KEY] -since OLD -growth G\n"+
			"       verify -vkey KEY [-witness KEY] -proof P [-entry E] [-file F]")
		os.Exit(2)
	}
	trusted, err := verifiers(vkeys, note.NewVerifier)
	var required []note.Verifier
	if err == nil {
		required, err = verifiers(witnesses, witness)
	}
	switch {
	case err != nil:
	case *proof != "":
		err = checkProof(*proof, *entry, *file, trusted, required)
	case *growth != "":
		err = checkGrowth(*growth, *since, trusted, required)
	default:
		err = checkLog(dir, *since, trusted, required)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func verifiers(given keys, parse func(string) (note.Verifier, error)) ([]note.Verifier, error) {
	var made []note.Verifier
	for _, key := range given {
		if text, err := os.ReadFile(key); err == nil {
			key = strings.TrimSpace(string(text))
		}
		verifier, err := parse(key)
		if err != nil {
			return nil, fmt.Errorf("verifier key %.100q: %v", key, err)
		}
		made = append(made, verifier)
	}
	return made, nil
}

// checkpoint is an opened note: signed by the log's own key, which has the log's origin as its name.
type checkpoint struct {
	origin string
	tree   tlog.Tree
}

func open(data []byte, trusted, required []note.Verifier) (checkpoint, error) {
	opened, err := note.Open(data, note.VerifierList(append(append([]note.Verifier{}, trusted...), required...)...))
	if err != nil {
		return checkpoint{}, err
	}
	for _, sig := range opened.Sigs { // note.Open decodes leniently: one signature would have several spellings
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return checkpoint{}, fmt.Errorf("signature of %s: %v", sig.Name, err)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return checkpoint{}, errors.New("checkpoint: three lines are wanted")
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || n < 0 || lines[1] != strconv.FormatInt(n, 10) {
		return checkpoint{}, fmt.Errorf("checkpoint: %q is no size", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return checkpoint{}, fmt.Errorf("checkpoint: %q is no hash", lines[2])
	}
	if !signed(opened, trusted, lines[0]) {
		return checkpoint{}, fmt.Errorf("checkpoint: no trusted key named %q signed it", lines[0])
	}
	for _, each := range required {
		if !signed(opened, []note.Verifier{each}, each.Name()) {
			return checkpoint{}, fmt.Errorf("checkpoint: no cosignature of %s", each.Name())
		}
	}
	return checkpoint{lines[0], tlog.Tree{N: n, Hash: root}}, nil
}

func signed(opened *note.Note, by []note.Verifier, name string) bool {
	for _, sig := range opened.Sigs {
		for _, key := range by {
			if sig.Name == name && key.Name() == name && sig.Hash == key.KeyHash() {
				return true
			}
		}
	}
	return false
}

// tree holds the hashes of a log in the order of tlog.StoredHashIndex, computed from the entries alone.
type tree []tlog.Hash

func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(t)) {
			return nil, fmt.Errorf("hash %d is beyond the log", index)
		}
		hashes[i] = t[index]
	}
	return hashes, nil
}

func checkLog(dir, since string, trusted, required []note.Verifier) error {
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	now, err := open(data, trusted, required)
	if err != nil {
		return err
	}
	var hashes tree
	for n := int64(0); n < now.tree.N; {
		entries, path, err := bundle(dir, n/width, now.tree.N)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			stored, err := tlog.StoredHashes(n, entry, hashes)
			if err != nil {
				return fmt.Errorf("%s: %v", path, err)
			}
			hashes = append(hashes, stored...)
			n++
		}
	}
	if err := checkTiles(dir, now.tree.N, hashes); err != nil {
		return err
	}
	root := tlog.Hash(sha256.Sum256(nil)) // of the empty tree, RFC 9162
	if now.tree.N > 0 {
		if root, err = tlog.TreeHash(now.tree.N, hashes); err != nil {
			return err
		}
	}
	if root != now.tree.Hash {
		return fmt.Errorf("the entries have the root %v, the checkpoint says %v", root, now.tree.Hash)
	}
	if err := checkPartials(dir, now.tree.N, hashes); err != nil {
		return err
	}
	fmt.Printf("ok: %s, %d entries, root %v\n", now.origin, now.tree.N, now.tree.Hash)
	if since == "" {
		return nil
	}
	return checkSince(since, now, hashes, trusted)
}

// checkSince makes a consistency proof from the entries and checks it like one that was sent.
func checkSince(since string, now checkpoint, hashes tree, trusted []note.Verifier) error {
	old, err := older(since, now, trusted)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(now.tree.N, old.tree.N, hashes)
	if err != nil {
		return fmt.Errorf("%s: %v", since, err)
	}
	return extends(proof, now, old)
}

// older opens a checkpoint that was kept. One of size 0 is refused: every log extends it, a forged one too.
func older(since string, now checkpoint, trusted []note.Verifier) (checkpoint, error) {
	data, err := os.ReadFile(since)
	if err != nil {
		return checkpoint{}, err
	}
	old, err := open(data, trusted, nil)
	if err != nil {
		return old, fmt.Errorf("%s: %v", since, err)
	}
	if old.origin != now.origin {
		return old, fmt.Errorf("%s is of the log %q", since, old.origin)
	}
	if old.tree.N == 0 {
		return old, fmt.Errorf("%s has no entries and proves nothing", since)
	}
	if old.tree.N > now.tree.N {
		return old, fmt.Errorf("%s has %d entries, the log only %d: it went back", since, old.tree.N, now.tree.N)
	}
	return old, nil
}

func extends(proof tlog.TreeProof, now, old checkpoint) error {
	if err := tlog.CheckTree(proof, now.tree.N, now.tree.Hash, old.tree.N, old.tree.Hash); err != nil {
		return fmt.Errorf("the log does not begin with the log of %d entries that was kept: %v", old.tree.N, err)
	}
	fmt.Printf("ok: %s, %d entries, extends the checkpoint of %d entries\n", now.origin, now.tree.N, old.tree.N)
	return nil
}

// checkGrowth takes "old N", the hashes, an empty line and the newer checkpoint.
func checkGrowth(path, since string, trusted, required []note.Verifier) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || !strings.HasPrefix(lines[0], "old ") {
		return fmt.Errorf("%s: no consistency proof", path)
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	now, err := open([]byte(signed), trusted, required)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	old, err := older(since, now, trusted)
	if err != nil {
		return err
	}
	if lines[0] != fmt.Sprintf("old %d", old.tree.N) {
		return fmt.Errorf("%s: %q, but %s has %d entries", path, lines[0], since, old.tree.N)
	}
	return extends(tlog.TreeProof(proof), now, old)
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return nil, fmt.Errorf("%q is no hash", line)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// checkTiles compares every hash tile that a log of n entries has with what the entries give.
func checkTiles(dir string, n int64, hashes tree) error {
	for level := 0; n>>(height*level) > 0; level++ {
		count := n >> (height * level)
		for index := int64(0); index*width < count; index++ {
			wide := min(width, count-index*width)
			data, path, stored, err := read(dir, strconv.Itoa(level), index, wide)
			if err != nil {
				return err
			}
			if int64(len(data)) != stored*tlog.HashSize {
				return fmt.Errorf("%s: %d bytes where %d belong", path, len(data), stored*tlog.HashSize)
			}
			if err := checkTile(path, data[:wide*tlog.HashSize], level, index, wide, hashes); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkTile(path string, data []byte, level int, index, wide int64, hashes tree) error {
	wanted, err := tlog.ReadTileData(tlog.Tile{H: height, L: level, N: index, W: int(wide)}, hashes)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	if !bytes.Equal(data, wanted) {
		return fmt.Errorf("%s: not the hashes of the entries", path)
	}
	return nil
}

// checkPartials looks at the partial files of earlier sizes, if any were left: each holds the beginning of what is there now.
// Files beyond the checkpoint's size are of a batch that is under way.
func checkPartials(dir string, n int64, hashes tree) error {
	return filepath.Walk(filepath.Join(dir, "tile"), func(path string, info os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Join(dir, "tile"), path)
		if err != nil {
			return err
		}
		name = "tile/8/" + strings.Replace(filepath.ToSlash(name), "entries/", "data/", 1)
		tile, err := tlog.ParseTilePath(name)
		if err != nil || tile.W == width {
			return nil
		}
		level := tile.L
		if level < 0 {
			level = 0
		}
		if (tile.N*width+int64(tile.W))<<(height*level) > n {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if tile.L >= 0 {
			return checkTile(path, data, level, tile.N, int64(tile.W), hashes)
		}
		entries, err := split(path, data, int64(tile.W))
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if hashes[tlog.StoredHashIndex(0, tile.N*width+int64(i))] != tlog.RecordHash(entry) {
				return fmt.Errorf("%s: entry %d is not that of the log", path, i)
			}
		}
		return nil
	})
}

// bundle gives the entries of one bundle, as many as a log of n entries has there.
func bundle(dir string, index, n int64) ([][]byte, string, error) {
	wide := min(width, n-index*width)
	data, path, stored, err := read(dir, "entries", index, wide)
	if err != nil {
		return nil, path, err
	}
	entries, err := split(path, data, stored)
	if err != nil {
		return nil, path, err
	}
	return entries[:wide], path, nil
}

// split gives the entries of a bundle, each behind its length in two bytes.
func split(path string, data []byte, wide int64) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: ends within an entry", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if int64(len(entries)) != wide {
		return nil, fmt.Errorf("%s: %d entries where %d belong", path, len(entries), wide)
	}
	return entries, nil
}

// read gives a tile of this width, or the full one that took its place, and the width of the file.
func read(dir, kind string, index, wide int64) ([]byte, string, int64, error) {
	full := tlog.Tile{H: height, L: 0, N: index, W: width}.Path()
	path := filepath.Join(dir, "tile", kind, strings.TrimPrefix(full, "tile/8/0/"))
	if wide < width {
		partial := fmt.Sprintf("%s.p/%d", path, wide)
		data, err := os.ReadFile(partial)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return data, partial, wide, err
		}
		if data, err := os.ReadFile(path); err == nil {
			return data, path, width, nil
		}
		return nil, partial, wide, err
	}
	data, err := os.ReadFile(path)
	return data, path, width, err
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

// checkProof takes a C2SP tlog-proof apart and checks it with tlog.CheckRecord.
func checkProof(path, entryPath, file string, trusted, required []note.Verifier) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != proofHead {
		return fmt.Errorf("%s: no %s", path, proofHead)
	}
	lines = lines[1:]
	var extra []byte
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if extra, err = base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[0], "extra ")); err != nil {
			return fmt.Errorf("%s: extra: %v", path, err)
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return fmt.Errorf("%s: no index", path)
	}
	digits := strings.TrimPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || digits != strconv.FormatInt(index, 10) {
		return fmt.Errorf("%s: %q is no index", path, digits)
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	at, err := open([]byte(signed), trusted, required)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	var entry []byte
	if entryPath != "" {
		if entry, err = os.ReadFile(entryPath); err != nil {
			return err
		}
	}
	if file != "" {
		committed, err := commits(extra, file)
		if err != nil {
			return fmt.Errorf("%s: %v", file, err)
		}
		if entry != nil && !bytes.Equal(entry, committed) {
			return fmt.Errorf("%s and %s are of two entries", entryPath, file)
		}
		entry = committed
	}
	if err := tlog.CheckRecord(tlog.RecordProof(proof), at.tree.N, at.tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	fmt.Printf("ok: entry %d of %s, %d entries, root %v\n", index, at.origin, at.tree.N, at.tree.Hash)
	return nil
}

// commits gives the entry that stands in the proof's extra data, when it commits to a record that names the file's SHA-256.
func commits(extra []byte, file string) ([]byte, error) {
	var opened struct {
		Entry, Salt string
		Record      json.RawMessage // its bytes are the RFC 8785 form, as all of the extra data
	}
	var event struct{ Commitment, Kind string }
	if err := json.Unmarshal(extra, &opened); err != nil {
		return nil, fmt.Errorf("the proof's extra data: %v", err)
	}
	if err := json.Unmarshal([]byte(opened.Entry), &event); err != nil {
		return nil, fmt.Errorf("the entry: %v", err)
	}
	salt, err := hex.DecodeString(opened.Salt)
	if err != nil || len(salt) != 32 {
		return nil, errors.New("the salt is not 32 bytes")
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(opened.Record)
	if commitment, err := hex.DecodeString(event.Commitment); err != nil || !hmac.Equal(commitment, mac.Sum(nil)) {
		return nil, errors.New("the entry does not commit to the record")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var record map[string]interface{}
	if err := json.Unmarshal(opened.Record, &record); err != nil {
		return nil, fmt.Errorf("the record: %v", err)
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(data))
	files, _ := record["files"].(map[string]interface{})
	switch { // an entry of one kind does not vouch for what another kind is about
	case record["kind"] != event.Kind:
	case event.Kind == "run.finished" && (record["run_sha256"] == digest || files[filepath.Base(file)] == digest):
		return []byte(opened.Entry), nil
	case event.Kind == "report.issued" && record["sha256"] == digest:
		return []byte(opened.Entry), nil
	}
	return nil, fmt.Errorf("the record, of kind %q, does not vouch for its SHA-256, %s", event.Kind, digest)
}

// cosigner verifies a C2SP tlog-cosignature (type 0x04), which x/mod does not know: time and text, signed by Ed25519.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func witness(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("name+hash+key is wanted")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	data, err2 := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || err2 != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != 4 {
		return nil, errors.New("an Ed25519 cosignature key (type 0x04) is wanted")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
		return nil, errors.New("its hash is not that of its name and key")
	}
	return cosigner{parts[0], uint32(hash), data[1:]}, nil
}

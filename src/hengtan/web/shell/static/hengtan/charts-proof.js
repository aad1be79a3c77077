// Walks an inclusion proof (RFC 6962) in the browser: the record opens the entry's commitment, the entry's leaf leads to the signed root.
(function () {
  "use strict";
  var told = document.getElementById("proof-data"), state = document.querySelector("[data-proof-state]");
  if (!told || !state || !window.crypto || !crypto.subtle) return;
  var data = JSON.parse(told.textContent), text = new TextEncoder();
  function bytes(hex) {
    return new Uint8Array((hex.match(/../g) || []).map(function (pair) { return parseInt(pair, 16); }));
  }
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer)).map(function (each) { return each.toString(16).padStart(2, "0"); }).join("");
  }
  function joined() {
    var parts = Array.from(arguments), whole = new Uint8Array(parts.reduce(function (sum, part) { return sum + part.length; }, 0)), at = 0;
    parts.forEach(function (part) { whole.set(part, at); at += part.length; });
    return whole;
  }
  async function hashed(whole) { return new Uint8Array(await crypto.subtle.digest("SHA-256", whole)); }
  async function root() {
    var hash = await hashed(joined(new Uint8Array([0]), text.encode(data.entry))), node = data.index, last = data.size - 1;
    for (var at = 0; at < data.path.length; at++) {
      var other = bytes(data.path[at]);
      if (last === 0) return "";
      if (node % 2 === 1 || node === last) {
        hash = await hashed(joined(new Uint8Array([1]), other, hash));
        while (node % 2 === 0 && node !== 0) { node = Math.floor(node / 2); last = Math.floor(last / 2); }
      } else {
        hash = await hashed(joined(new Uint8Array([1]), hash, other));
      }
      node = Math.floor(node / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 ? hex(hash) : "";
  }
  async function commitment() {
    var key = await crypto.subtle.importKey("raw", bytes(data.salt), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return hex(await crypto.subtle.sign("HMAC", key, text.encode(data.record)));
  }
  (async function () {
    var ok = (await root()) === data.root && (await commitment()) === JSON.parse(data.entry).commitment;
    state.className = "ht-tag " + (ok ? "ok" : "bad");
    state.querySelector("span").textContent = ok ? state.dataset.ok : state.dataset.bad;
  })();
})();

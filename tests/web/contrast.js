// Every text that can be read on the page, with the colour behind it: those whose contrast is below WCAG 2.2 AA (1.4.3).
() => {
  const parse = (told) => { const found = told.match(/rgba?\(([^)]+)\)/); if (!found) return null; const parts = found[1].split(/[ ,/]+/).map(Number); return [...parts.slice(0, 3), parts.length > 3 ? parts[3] : 1]; };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat([1]);
  const light = (colour) => { const parts = colour.slice(0, 3).map((each) => { const part = each / 255; return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4); }); return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]; };
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) { const colour = parse(getComputedStyle(each).backgroundColor); if (colour && colour[3] > 0) { layers.push(colour); if (colour[3] === 1) break; } }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    if (!text || !element || element.closest("script,style,noscript,template,option,[disabled]")) continue; // what cannot be used need not stand out
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const box = range.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width < 2 || box.height < 2 || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const picture = element.closest("svg"), ink = parse(picture ? style.fill : style.color);
    if (!ink || (picture && document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2).some((each) => each !== element && each !== picture && picture.contains(each)))) continue; // upon a mark
    const below = ground(picture || element);
    for (let each = element; each; each = each.parentElement) ink[3] *= Number(getComputedStyle(each).opacity);
    const both = [light(over(ink, below)), light(below)], ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${element.tagName.toLowerCase()}.${element.getAttribute("class") || ""} "${text.slice(0, 40)}" ${ratio.toFixed(2)}`);
  }
  return [...new Set(found)];
}

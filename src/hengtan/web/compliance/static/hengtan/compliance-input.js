// When a row was added or removed, what was unfolded stays unfolded. Without it the form works all the same.
let unfolded = [];
document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("#cp-form details[open][id]")].map((each) => each.id);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of unfolded) {
    const found = document.getElementById(id);
    if (found) found.open = true;
  }
  unfolded = [];
});
// htmx would set an empty style on each of the fields, which the policy of the page forbids.
document.addEventListener("DOMContentLoaded", () => {
  if (window.htmx) window.htmx.config.attributesToSettle = ["class", "width", "height"];
});

// The filters stand open where there is room for them, and a swap keeps what the reader opened or closed.
const wide = matchMedia("(min-width: 60.01rem)");
const kept = () => document.querySelectorAll("#results-page details[data-keep]");
const open = () => { const facets = document.querySelector(".facets"); if (facets && wide.matches) facets.open = true; };
let states = new Map();
document.addEventListener("htmx:beforeSwap", () => { states = new Map([...kept()].map((details) => [details.dataset.keep, details.open])); });
document.addEventListener("htmx:afterSettle", () => {
  for (const details of kept()) if (states.has(details.dataset.keep)) details.open = states.get(details.dataset.keep);
  open();
});
wide.addEventListener("change", open);
open();

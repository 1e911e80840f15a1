// The filters stand open where there is room for them, and a swap keeps what the reader opened.
const wide = matchMedia("(min-width: 60.01rem)");
const open = () => { const facets = document.querySelector(".facets"); if (facets && wide.matches) facets.open = true; };
let opened = [];
const key = (details) => details.querySelector("summary").textContent.replace(/\s*\(\d+\)\s*/, "").trim();
document.addEventListener("htmx:beforeSwap", () => { opened = [...document.querySelectorAll("#results-page details[open]")].map(key); });
document.addEventListener("htmx:afterSettle", () => {
  for (const details of document.querySelectorAll("#results-page details")) if (opened.includes(key(details))) details.open = true;
  open();
});
wide.addEventListener("change", open);
open();

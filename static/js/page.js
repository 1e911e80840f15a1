// Copy buttons stay hidden where nothing could make them work. Parts of a page may come later.
const reveal = () => { if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false; };
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || button.dataset.label) return;
  await navigator.clipboard.writeText(button.closest(".form").querySelector(".text").textContent);
  button.dataset.label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = button.dataset.label; delete button.dataset.label; }, 2000);
});
document.addEventListener("htmx:afterSettle", reveal);
reveal();

// What is kept for all readers has no date of today; paper needs one.
addEventListener("beforeprint", () => {
  const today = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  for (const one of document.querySelectorAll(".printed-on")) one.textContent = ` on ${today}`;
});

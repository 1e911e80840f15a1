// Answers are saved as they are given. Where the site cannot be reached, the page says so, and the next answer sends all again.
document.addEventListener("htmx:sendError", () => {
  document.querySelector("#saved").textContent = "Not saved: the site cannot be reached. Your answers stand here, and are sent again with your next one.";
});

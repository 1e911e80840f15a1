// Answers are saved as they are given. What was sent and not answered is sent again, and the form remembers what it was:
// it may have been saved all the same, and is then no change that somebody else made.
const form = document.querySelector(".answering");
const told = document.querySelector("#saved");
let again;

function remember(name, value) {
  const known = document.querySelector("#known");
  const before = [...known.querySelectorAll(`[name="tried-${CSS.escape(name)}"]`)];
  if (before.some((input) => input.value === value)) return;
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name: `tried-${name}`, value });
  known.append(input);
}

function resendSoon(why) {
  told.textContent = `Not saved: ${why} Your answers stand here, and are sent again until they are saved. Keep this page open.`;
  clearTimeout(again);
  again = setTimeout(() => form.dispatchEvent(new Event("resend")), 5000);
}

document.addEventListener("htmx:beforeSend", (event) => {
  clearTimeout(again);
  for (const [name, value] of event.detail.requestConfig.formData.entries()) {
    if (document.querySelector(`#known [name="was-${CSS.escape(name)}"]`) || name === "combination") remember(name, value);
  }
});
document.addEventListener("htmx:sendError", () => resendSoon("the site cannot be reached."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 403) told.textContent = "Not saved: this page was open for too long, or cookies are off. Copy what you wrote, and load the page anew.";
  else resendSoon(`the site could not take it just now (${status}).`);
});

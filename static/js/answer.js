// Answers are saved as they are given. What was sent and not answered is sent again, and the form remembers what it was:
// it may have been saved all the same, and is then no change that somebody else made.
const form = document.querySelector(".answering");
const told = document.querySelector("#saved");
const BOOKKEEPING = /^(was-|tried-|stands-|csrfmiddlewaretoken$)/;
let again;
let saved = asServed();
let sending = saved;
// What went out as the page was left: nobody hears whether it arrived.
let sentAtLeaving;
let isFailing = false;
let isSubmitting = false;
let hasNewToken = false;

function fields(of = form) {
  return [...new FormData(of)].filter(([name]) => !BOOKKEEPING.test(name));
}

function entered() {
  return JSON.stringify(fields());
}

// What the site wrote into the form, whatever was entered before this script ran.
function asServed() {
  const copy = form.cloneNode(true);
  copy.reset();
  return JSON.stringify(fields(copy));
}

function remember(name, value) {
  const known = document.querySelector("#known");
  const before = [...known.querySelectorAll(`[name="tried-${CSS.escape(name)}"]`)];
  if (before.some((input) => input.value === value)) return;
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name: `tried-${name}`, value });
  known.append(input);
}

function rememberAll(entries) {
  for (const [name, value] of entries) {
    if (document.querySelector(`#known [name="was-${CSS.escape(name)}"]`) || name === "combination") remember(name, value);
  }
}

function resend() {
  form.dispatchEvent(new Event("resend"));
}

function resendSoon(why) {
  told.textContent = `Not saved: ${why} Your answers stand here, and are sent again until they are saved. Keep this page open.`;
  clearTimeout(again);
  again = setTimeout(resend, 5000);
}

// On a slow line the form is there, and answered, before the scripts are. htmx listens from here on.
document.addEventListener("DOMContentLoaded", () => {
  if (entered() !== saved) resend();
});
document.addEventListener("htmx:beforeSend", (event) => {
  clearTimeout(again);
  sending = entered();
  rememberAll(event.detail.requestConfig.formData.entries());
});
document.addEventListener("htmx:afterRequest", (event) => {
  // htmx takes a refusal that it shows for a success.
  const status = event.detail.xhr.status;
  isFailing = status < 200 || status >= 300;
  if (isFailing) return;
  saved = sending;
  hasNewToken = false;
});
document.addEventListener("htmx:sendError", () => resendSoon("the site cannot be reached."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 403) sendWithNewToken();
  else resendSoon(`the site could not take it just now (${status}).`);
});

// The cookie that says whose form this is was deleted, or changed by a sign-in in the same browser. The page as it is now has
// a new one, and the form takes it over.
async function sendWithNewToken() {
  const token = hasNewToken ? null : await newToken();
  if (token === null) {
    told.textContent =
      "Not saved: the cookie that this page needs is missing. What you wrote stands here. Copy it, allow cookies for this site, and load the page anew.";
    return;
  }
  hasNewToken = true;
  form.elements.csrfmiddlewaretoken.value = token;
  resend();
}

async function newToken() {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector(".answering [name=csrfmiddlewaretoken]")?.value ?? null;
  } catch {
    return null;
  }
}

// What was typed in the last second is sent as the page is left, by a request that outlives it.
function sendAtLeaving() {
  const now = entered();
  if (isSubmitting || now === saved || now === sentAtLeaving) return;
  sentAtLeaving = now;
  const body = new FormData(form);
  fetch(location.href, { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } }).catch(() => {});
  rememberAll(fields());
}

function comeBack() {
  isSubmitting = false;
  if (sentAtLeaving === undefined) return;
  sentAtLeaving = undefined;
  if (entered() !== saved) resend();
}

window.addEventListener("pagehide", sendAtLeaving);
window.addEventListener("pageshow", comeBack);
document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? sendAtLeaving() : comeBack()));
// Asks only where leaving would lose something: the site is away, or would not take what stands here.
window.addEventListener("beforeunload", (event) => {
  const isStuck = isFailing || !navigator.onLine || isTooLong();
  if (isStuck && !isSubmitting && entered() !== saved) event.preventDefault();
});
// Of a form that the browser sends itself, as the overview's; and of the link that shows what was saved instead.
document.addEventListener("submit", (event) => {
  isSubmitting = !event.defaultPrevented;
});
form.addEventListener("click", (event) => {
  if (event.target.closest("#meanwhile a")) isSubmitting = true;
});

// How long a comment is, said when it comes near to what can be kept. Nothing is cut off.
function count() {
  const [remark, counter] = [document.querySelector("#remark"), document.querySelector("#remark-count")];
  if (!remark) return;
  const [length, limit] = [[...remark.value.trim()].length, Number(remark.dataset.limit)];
  const numbers = `${length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`;
  if (length <= limit * 0.9) counter.textContent = "";
  else counter.textContent = length <= limit ? `${numbers}.` : `${numbers}: too long, and not saved until it is shorter.`;
}

function isTooLong() {
  const remark = document.querySelector("#remark");
  return remark !== null && [...remark.value.trim()].length > Number(remark.dataset.limit);
}

form.addEventListener("input", count);
document.addEventListener("htmx:afterSettle", count);
count();

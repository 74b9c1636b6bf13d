// What the pages do beyond links and forms; without it they work too.
"use strict";

// The sentence on what was just done is told once: a reload does not tell it again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

// A form is sent once, however often its button is pressed; coming back makes it ready again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What is typed into an application is kept a moment after the last key.
const filling = document.getElementById("filling");
if (filling) {
  const kept = document.getElementById("kept");
  let waiting = 0;
  const keep = async () => {
    clearTimeout(waiting);
    const data = new FormData(filling);
    data.delete("_request");
    data.set("_do", "autosave");
    const answer = await fetch(filling.action, { method: "POST", body: data }).catch(() => null);
    kept.textContent = answer && answer.status === 204 ? kept.dataset.said : "";
  };
  filling.addEventListener("input", () => {
    kept.textContent = "";
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1500);
  });
  filling.addEventListener("submit", () => clearTimeout(waiting));
  // A file that is uploaded shows the page anew, with what was kept.
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.target.matches(".upload")) return;
    event.preventDefault();
    keep().then(() => event.detail.issueRequest());
  });
}

// How far an upload is.
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector("progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

// Whoever types stays signed in: a page that is used asks for itself now and then.
let used = Date.now();
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => (used = Date.now()));
setInterval(() => {
  if (Date.now() - used < 30 * 60_000) fetch("/alive").catch(() => null);
}, 4 * 60_000);

// The list of duties by keyboard.
const duties = [...document.querySelectorAll(".duties a")];
if (duties.length) {
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const at = duties.indexOf(document.activeElement);
    duties[Math.min(duties.length - 1, Math.max(0, at + step))].focus();
  });
}

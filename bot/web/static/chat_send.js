"use strict";
// What the person sends on the chat page, one after the other; and the page on the home screen. The last script: the page begins here.

function queue(path, body, headers, words) {
  // One after the other, each under a key of its own: what was taken once is not taken twice, however often it is sent.
  const key = newKey(), session = state.session, bubble = document.createElement("div");
  bubble.className = "bubble person waiting";
  bubble.dataset.key = key;
  bubble.textContent = words;
  const note = document.createElement("small");
  note.textContent = texts.sending;
  bubble.append(note);
  log.append(bubble);
  toEnd();
  byId("problem").hidden = true;
  hints.replaceChildren();
  pending += 1;
  line = line.then(() => post(path, body, headers, key, session)).then((problem) => {
    pending -= 1;
    if (!problem) {
      bubble.classList.remove("waiting");
      note.remove();
      return;
    }
    bubbles.again(log);
    bubble.classList.add("refused");
    note.textContent = texts.not_sent;
    if (path === "chat/say" && !text.value) { text.value = words; grow(); bubble.remove(); }
    byId("problem").textContent = problem;
    byId("problem").hidden = false;
  });
}

async function post(path, body, headers, key, session) {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    if (session !== state.session) return "";
    const isFile = body instanceof Blob;
    const {status, body: told} = await ask(path, isFile ? {method: "POST", body, headers: {...headers, "X-Key": key}} : asJson({...body, key}));
    if (session !== state.session) return "";
    if (status === 401 || status === 409) { gone(told); return ""; }
    if (status > 0 && status < 500) {
      lost(false);
      return status < 300 ? "" : told.error || texts.failed;
    }
    lost(true, told.error);
    await wait(pause);
  }
}

function grow() { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`; }

function send(words) { queue("chat/say", {text: words}, {}, words); }

function showHints() {
  hints.replaceChildren();
  if (!state.joined) return;
  for (const name of ["hint_ranking", "hint_tasks", "hint_deadlines"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = texts[name];
    button.addEventListener("click", () => send(texts[name]));
    hints.append(button);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  grow();
  send(words);
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
byId("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  if (file.size > 20 * 1024 * 1024) {
    byId("problem").textContent = texts.too_large;
    byId("problem").hidden = false;
    return;
  }
  const headers = {"Content-Type": file.type || "application/octet-stream", "X-Name": encodeURIComponent(file.name)};
  queue("chat/upload", file, headers, file.name);
});
window.addEventListener("beforeunload", (event) => { if (pending && state.session) event.preventDefault(); });
// Brought back by the browser's own memory of pages: what it shows may be somebody's who is not signed in any more.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
window.addEventListener("online", () => { if (state.session && !document.hidden) connect(); });

// On the home screen --------------------------------------------------------------------------------------------------------

window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installer = event;
  byId("install").hidden = false;
  byId("install-hint").hidden = true;
});
byId("install").addEventListener("click", () => { installer?.prompt(); installer = null; byId("install").hidden = true; });
if (matchMedia("(display-mode: standalone)").matches) byId("install-hint").hidden = true;
navigator.serviceWorker?.register("chat_worker.js", {scope: "chat"}).catch(() => {});

new ResizeObserver(toEnd).observe(log);
bubbles.watch(log, hints);
begin();

"use strict";
// The chat page: it shows what the server sends and posts what the person does. It decides nothing itself.

const byId = (id) => document.getElementById(id);
const log = byId("log"), form = byId("form"), text = byId("text"), role = byId("role"), plain = byId("plain"), hints = byId("hints");
let texts = {}, stream = null, stranger = "stranger-" + Math.random().toString(36).slice(2, 10), lastId = 0;

const persona = () => (role.value === "stranger" ? stranger : role.value);
const view = () => (plain.checked ? "webplain" : "web");
const newKey = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 8);

async function post(path, body, key = newKey()) {
  // The same key is used for every try: what was taken once is not taken twice.
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const isForm = body instanceof FormData;
      if (isForm) { body.set("key", key); } else { body = {...body, key}; }
      const answer = await fetch(path, {method: "POST", body: isForm ? body : JSON.stringify(body),
        headers: isForm ? {} : {"Content-Type": "application/json"}});
      if (answer.status === 413) { byId("lost").hidden = true; say({author: "bot", text: texts.too_large}); return {}; }
      if (answer.status < 500) {
        byId("lost").hidden = true;
        const result = answer.ok ? await answer.json() : {};
        if (result.now) showClock(result.now);
        return result;
      }
    } catch { /* the network is gone: shown below, and tried again */ }
    byId("lost").hidden = false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function showClock(iso) {
  const [day, time] = iso.split("T");
  byId("now").textContent = `${time} ${day.split("-").reverse().join("/")}`;
}

function say(shown) {
  let bubble = shown.replaces ? log.querySelector(`[data-id="${CSS.escape(shown.replaces)}"]`) : null;
  if (!bubble) {
    bubble = document.createElement("div");
    bubble.dataset.id = shown.id ?? "";
    log.append(bubble);
  }
  const id = bubble.dataset.id;
  bubbles.draw(bubble, shown, {
    file: (sha256) => `/attachment/${sha256}`,
    download: (name) => texts.download.replace("{name}", name),
    tap: (button) => post("/tap", {as: persona(), view: view(), data: button.data, message_id: id, label: button.label}),
  });
  toEnd();
}

function toEnd() { log.scrollTo({top: log.scrollHeight, behavior: "instant"}); }

function showHints() {
  hints.replaceChildren();
  if (role.value === "stranger") return;
  for (const name of ["hint_ranking", "hint_tasks", "hint_deadlines"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = texts[name];
    button.addEventListener("click", () => { send(texts[name]); });
    hints.append(button);
  }
}

function send(words) {
  hints.replaceChildren();
  return post("/say", {as: persona(), view: view(), text: words});
}

function connect() {
  stream?.close();
  log.replaceChildren();
  lastId = 0;
  byId("code").hidden = role.value !== "stranger";
  showHints();
  stream = new EventSource(`/events?as=${encodeURIComponent(persona())}&view=${view()}`);
  stream.onopen = () => { byId("lost").hidden = true; };
  stream.onerror = () => { byId("lost").hidden = false; };
  stream.onmessage = (event) => {
    const shown = JSON.parse(event.data);
    if (shown.id <= lastId) return;
    lastId = shown.id;
    hints.replaceChildren();
    say(shown);
    if (shown.author === "bot") bubbles.again(log);
  };
}

function grow() { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`; }

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
  const body = new FormData();
  body.set("as", persona());
  body.set("view", view());
  body.set("file", file);
  post("/upload", body);
});
document.querySelectorAll("[data-by]").forEach((button) => button.addEventListener("click", () => {
  const by = button.dataset.by;
  post("/clock", {by: by === "next" ? by : Number(by)});
}));
byId("code").addEventListener("click", async () => {
  const {code} = await post("/invite", {});
  if (code) { text.value = code; grow(); text.focus(); }
});
role.addEventListener("change", connect);
plain.addEventListener("change", connect);

new ResizeObserver(toEnd).observe(log);
bubbles.watch(log, hints);

(async () => {
  texts = await (await fetch("/texts")).json();
  document.title = texts.title;
  document.querySelectorAll("[data-text]").forEach((element) => { element.textContent = texts[element.dataset.text]; });
  log.setAttribute("aria-label", texts.log);
  text.placeholder = texts.placeholder;
  showClock(texts.now);
  connect();
})();

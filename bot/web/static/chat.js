"use strict";
// The chat page: it shows what the server sends. It decides nothing and keeps no message. chat_door.js lets in, chat_send.js posts.

const byId = (id) => document.getElementById(id);
const log = byId("log"), form = byId("form"), text = byId("text"), hints = byId("hints"), sure = byId("sure");
const SEEN = "thidua_seen", HIDDEN_PAUSE = 20000;
let texts = {}, state = {session: ""}, stream = null, lastId = 0, poll = 0, closing = 0, unread = 0, pending = 0, line = Promise.resolve();
let installer = null, lastDay = "";

const newKey = () => `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function ask(path, options = {}) {
  // {status, body}; status 0: no network.
  try {
    const headers = {...options.headers};
    if (state.session) headers["X-Thidua-Session"] = state.session;
    const answer = await fetch(path, {...options, headers, cache: "no-store"});
    let body = {};
    try { body = await answer.json(); } catch { /* a bare number */ }
    return {status: answer.status, body};
  } catch {
    return {status: 0, body: {}};
  }
}

function lost(is, words) {
  if (is) byId("lost").textContent = words || texts.lost || byId("lost").textContent;
  byId("lost").hidden = !is;
}

const asJson = (body) => ({method: "POST", body: JSON.stringify(body), headers: {"Content-Type": "application/json"}});

// What comes ----------------------------------------------------------------------------------------------------------------

function stop() {
  stream?.close();
  stream = null;
  clearTimeout(poll);
  clearTimeout(closing);
}

async function showHistory() {
  // What stands there already, with a line above what is new since the page was looked at last.
  const session = state.session, seenLast = remembered();
  for (let pause = 1000; ; pause = Math.min(pause * 2, 10000)) {
    const {status, body} = await ask("chat/messages?after=0");
    if (session !== state.session) return;
    if (status === 401 || status === 409) { gone(body); return; }
    lost(status !== 200);
    if (status === 200) {
      for (const shown of body.messages) {
        if (seenLast && shown.author === "bot" && shown.id > seenLast && !log.querySelector(".fresh")) divide(shown.place);
        take(shown);
      }
      break;
    }
    await wait(pause);
  }
  connect();
}

function connect() {
  stop();
  if (!state.session) return;
  stream = new EventSource(`chat/events?session=${encodeURIComponent(state.session)}&after=${lastId}`);
  stream.onopen = () => lost(false);
  stream.onmessage = (event) => take(JSON.parse(event.data));
  stream.addEventListener("ended", () => gone({}));
  stream.onerror = () => {
    if (stream?.readyState === EventSource.CLOSED) { look(); } else { lost(true); }
  };
}

async function look() {
  // Where no stream can be held, and while nobody looks at the page: asked from time to time.
  stop();
  const session = state.session;
  if (!session) return;
  const {status, body} = await ask(`chat/messages?after=${lastId}`);
  if (session !== state.session) return;
  if (status === 401 || status === 409) { gone(body); return; }
  lost(status !== 200);
  if (status === 200) body.messages.forEach(take);
  if (!stream) poll = setTimeout(document.hidden ? look : connect, status === 200 && !document.hidden ? 5000 : HIDDEN_PAUSE);
}

document.addEventListener("visibilitychange", () => {
  if (!state.session) return;
  clearTimeout(closing);
  if (document.hidden) {
    closing = setTimeout(look, 5000);
  } else {
    unread = 0;
    seen();
    title();
    if (!stream) connect();
  }
});

function take(shown) {
  if (shown.id <= lastId) return;
  lastId = shown.id;
  hints.replaceChildren();
  say(shown);
  if (shown.author === "bot") bubbles.again(log);
  if (!state.joined && shown.author === "bot") refresh();
  if (!document.hidden) { seen(); return; }
  if (shown.author === "bot") { unread += 1; title(); }
}

// The number of the last message that was in sight: a number, and nothing else, is remembered in the browser.
function seen() { remember(lastId); }

function remember(number) {
  // A browser that keeps nothing at all still shows the conversation.
  try {
    if (number === null) { localStorage.removeItem(SEEN); } else { localStorage.setItem(SEEN, String(number)); }
  } catch { /* not allowed */ }
}

function remembered() {
  try { return Number(localStorage.getItem(SEEN) || 0); } catch { return 0; }
}

function divide(place) {
  const divider = document.createElement("p");
  divider.className = "fresh";
  divider.textContent = texts.fresh;
  divider.dataset.place = String(place);
  log.append(divider);
}

function title() {
  document.title = (unread ? `(${unread}) ` : "") + (texts.title ?? document.title);
  if (unread) { navigator.setAppBadge?.(unread).catch(() => {}); } else { navigator.clearAppBadge?.().catch(() => {}); }
}

function say(shown) {
  let bubble = log.querySelector(`[data-place="${shown.place}"].bubble`);
  const own = shown.key && log.querySelector(`[data-key="${CSS.escape(shown.key)}"]`);
  if (!bubble) {
    bubble = own || document.createElement("div");
    bubble.dataset.place = shown.place;
    const day = dayOf(shown);
    const next = [...log.children].find((each) => Number(each.dataset.place ?? Infinity) > shown.place);
    log.insertBefore(bubble, next ?? null);
    if (day) log.insertBefore(day, bubble);
  }
  bubbles.draw(bubble, shown, {
    file: (sha256) => `chat/file/${sha256}?session=${encodeURIComponent(state.session)}`,
    download: (name) => texts.download.replace("{name}", name),
    tap: (button) => queue("chat/tap", {data: button.data, place: String(shown.place)}, {}, button.label),
  });
  const time = document.createElement("time");
  time.textContent = new Date(shown.at * 1000).toLocaleTimeString("vi-VN", {hour: "2-digit", minute: "2-digit", timeZone: state.zone});
  bubble.append(time);
  toEnd();
}

function dayOf(shown) {
  const its = new Date(shown.at * 1000).toLocaleDateString("vi-VN", {day: "2-digit", month: "2-digit", year: "numeric", timeZone: state.zone});
  if (its === lastDay || shown.place !== shown.id) return null;
  lastDay = its;
  const element = document.createElement("p");
  element.className = "day";
  element.textContent = its;
  element.dataset.place = String(shown.place);
  return element;
}

function toEnd() { log.scrollTo({top: log.scrollHeight, behavior: "instant"}); }

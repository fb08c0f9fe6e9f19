"use strict";
// The chat page's door: who is signed in, signing in and out.

async function begin(notice = "") {
  let found;
  for (let pause = 1000; ; pause = Math.min(pause * 2, 10000)) {
    state = {session: ""};
    found = await ask("chat/state");
    lost(found.status !== 200);
    if (found.status === 200) break;
    await wait(pause);
  }
  state = found.body;
  speak(state.texts);
  if (state.session) { enter(); } else { leave(notice || (state.ended ? texts.ended : "")); }
}

function speak(given) {
  texts = given;
  document.documentElement.lang = state.language;
  document.querySelectorAll("[data-text]").forEach((element) => { element.textContent = texts[element.dataset.text]; });
  log.setAttribute("aria-label", texts.log);
  text.placeholder = texts.placeholder;
  title();
}

function enter() {
  log.replaceChildren();
  lastId = 0;
  lastDay = "";
  byId("door").hidden = true;
  byId("room").hidden = false;
  byId("menu").hidden = false;
  showWho();
  showHints();
  showHistory();
  if (matchMedia("(pointer: fine)").matches) text.focus();
}

function showWho() { byId("who").textContent = [state.name, state.posts].filter(Boolean).join(" · "); }

async function refresh() {
  // Who has just joined has a post now, and perhaps a further account.
  const session = state.session, {status, body} = await ask("chat/state");
  if (status !== 200 || session !== state.session || body.session !== session) return;
  state = body;
  showWho();
}

function leave(notice) {
  stop();
  log.replaceChildren();
  hints.replaceChildren();
  unread = 0;
  text.value = "";
  byId("who").textContent = "";
  byId("menu").hidden = true;
  byId("menu").open = false;
  byId("room").hidden = true;
  byId("door").hidden = false;
  lost(false);
  byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
  title();
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) {
    byId("code").value = given.slice(0, 20);
    history.replaceState(null, "", location.pathname);
  }
  (byId("code").value ? byId("name") : byId("code")).focus();
}

function gone(body) {
  // This page's session is over: nothing of it stays in sight. Somebody else's may have begun in another tab.
  remember(null);
  state = {session: ""};
  leave(body.error || texts.ended);
}

function question(words) {
  byId("sure-text").textContent = words;
  sure.returnValue = "";
  sure.showModal();
  return new Promise((resolve) => sure.addEventListener("close", () => resolve(sure.returnValue === "yes"), {once: true}));
}
byId("sure-yes").addEventListener("click", () => sure.close("yes"));
byId("sure-no").addEventListener("click", () => sure.close(""));

byId("door-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = byId("wrong"), button = event.submitter ?? byId("door-form").querySelector("button");
  const said = {name: byId("name").value, code: byId("code").value};
  wrong.hidden = true;
  for (const field of ["code", "name"]) byId(field).removeAttribute("aria-invalid");
  button.disabled = true;
  let {status, body} = await ask("chat/signin", asJson(said));
  if (status === 409 && body.ask && await question(body.error)) ({status, body} = await ask("chat/signin", asJson({...said, replace: true})));
  button.disabled = false;
  if (status === 200) {
    const {code, name} = said;
    byId("code").value = byId("name").value = "";
    remember(null);
    await begin(texts.cookies);
    if (!state.session) { byId("code").value = code; byId("name").value = name; }
    return;
  }
  if (status === 409 && body.ask) return;
  wrong.textContent = body.error || (status === 0 ? texts.lost : texts.failed);
  wrong.hidden = false;
  if (body.field) {
    byId(body.field).setAttribute("aria-invalid", "true");
    byId(body.field).focus();
    byId(body.field).select();
  }
});

byId("leave").addEventListener("click", async () => {
  await refresh();
  if (!await question(state.only ? texts.end_only : texts.end_sure)) return;
  const {status, body} = await ask("chat/signout", {method: "POST"});
  if (status === 200 || status === 409) { gone(status === 409 ? body : {error: texts.out}); } else { lost(true); }
});
byId("other").addEventListener("click", () => { stop(); log.replaceChildren(); state = {session: ""}; leave(""); });

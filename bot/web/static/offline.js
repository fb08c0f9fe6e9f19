"use strict";
// The page for a lost network: back to the chat as soon as the system answers.

async function back() {
  if (document.hidden || !navigator.onLine) return;
  try {
    await fetch("chat/state", {cache: "no-store"});
    location.reload();
  } catch { /* not yet */ }
}

window.addEventListener("online", back);
setInterval(back, 4000);

import { announce, el } from "../shared/dom.js";
import { createApi, explain } from "./api.js";
import { conversationList } from "./conversation_list.js";
import { conversationView } from "./conversation_view.js";
import { signInView } from "./sign_in.js";

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const account = /** @type {HTMLElement} */ (document.getElementById("account"));

/** @param {import("./api.js").Api} api */
async function start(api) {
  const user = await api.user();
  if (user === null) {
    account.replaceChildren();
    content.replaceChildren(signInView(api, () => start(api)));
    return;
  }
  const signOut = el("button.plain", { type: "button" }, "Sign out");
  signOut.addEventListener("click", async () => {
    await api.signOut();
    // Nothing of this user stays in the page.
    location.replace("/chat/");
  });
  account.replaceChildren(el("span.quiet.user", user), signOut);
  await showChat(api);
}

/** @param {import("./api.js").Api} api */
async function showChat(api) {
  const place = el("div.place");
  /** @type {ReturnType<typeof conversationView> | null} */
  let view = null;
  /** @type {string | null} */
  let shown = null;
  const list = conversationList(api, (id) => {
    if (id === shown) location.hash = "";
  });
  const open = async () => {
    const id = /^#([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
    // The page sets the address of a conversation that has just begun.
    if (view !== null && id === shown) return;
    view?.leave();
    shown = id;
    list.select(id);
    view = conversationView(api, {
      id,
      onAsked: (asked) => {
        shown = asked;
        history.replaceState(null, "", `#${asked}`);
        list.select(asked);
        void list.load().catch(report);
      },
    });
    place.replaceChildren(view.element);
    const found = await view.load();
    if (!found) place.replaceChildren(message("This conversation does not exist."));
    else view.focus();
  };
  addEventListener("hashchange", () => void open().catch(report));
  content.replaceChildren(el("div.shell", list.element, place));
  await Promise.all([list.load(), open()]);
}

/** @param {unknown} error */
function report(error) {
  announce(explain(error).detail);
}

/** @param {string} text */
function message(text) {
  return el(
    "section.message",
    el("h1", text),
    el("p", el("a", { href: "#" }, "Ask a new question")),
  );
}

try {
  const response = await fetch("/config.json");
  if (!response.ok) {
    throw new Error("config.json is missing: deploy it next to the pages (deno task app:build)");
  }
  await start(await createApi(await response.json()));
} catch (error) {
  const { title, detail } = explain(error);
  content.replaceChildren(el("section.message", el("h1", title), el("p", detail)));
}

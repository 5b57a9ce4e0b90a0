import { announce, el } from "../shared/dom.js";
import { explain, readConfig } from "../shared/session.js";
import { signInView } from "../shared/sign_in.js";
import { accountChoice } from "./account_choice.js";
import { createApi } from "./api.js";
import { conversationList } from "./conversation_list.js";
import { conversationView } from "./conversation_view.js";

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const account = /** @type {HTMLElement} */ (document.getElementById("account"));
const SIGN_IN = {
  title: "Ask about your data",
  lead: "Benchmarks, prompts, datasets and tests. You see the rows of your accounts and no others.",
};

/** @param {import("./api.js").Api} api */
async function start(api) {
  const user = await api.user();
  if (user === null) {
    account.replaceChildren();
    content.replaceChildren(signInView(api, SIGN_IN, () => start(api)));
    return;
  }
  const signOut = el("button.plain", { type: "button" }, "Sign out");
  signOut.addEventListener("click", async () => {
    await api.signOut();
    // Nothing of this user stays in the page.
    location.replace("/chat/");
  });
  account.replaceChildren(el("span.quiet.user", user), signOut);
  const accounts = await api.accounts();
  const chosen = accounts.find(({ isChosen }) => isChosen);
  if (chosen !== undefined) return await showChat(api, accounts, chosen);
  content.replaceChildren(
    message("You are no member of this account.", { href: "/chat/" }, "Ask about your own data"),
  );
}

/**
 * @param {import("./api.js").Api} api
 * @param {import("./chat_data.ts").Account[]} accounts
 * @param {import("./chat_data.ts").Account} chosen
 */
async function showChat(api, accounts, chosen) {
  const place = el("div.place");
  /** @type {ReturnType<typeof conversationView> | null} */
  let view = null;
  /** @type {string | null} */
  let shown = null;
  const list = conversationList(api, chosen.role, (id) => {
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
    if (!found) {
      const text = "This conversation does not exist.";
      place.replaceChildren(message(text, { href: "#" }, "Ask a new question"));
    } else view.focus();
  };
  addEventListener("hashchange", () => void open().catch(report));
  const choice = accounts.length > 1 ? accountChoice(accounts) : null;
  content.replaceChildren(el("div.shell", el("div.side", choice, list.element), place));
  await Promise.all([list.load(), open()]);
}

/** @param {unknown} error */
function report(error) {
  announce(explain(error).detail);
}

/**
 * @param {string} text
 * @param {{ href: string }} link
 * @param {string} linkText
 */
function message(text, link, linkText) {
  return el("section.message", el("h1", text), el("p", el("a", link, linkText)));
}

try {
  const named = new URL(location.href).searchParams.get("account");
  await start(await createApi(await readConfig(), named));
} catch (error) {
  const { title, detail } = explain(error);
  content.replaceChildren(el("section.message", el("h1", title), el("p", detail)));
}

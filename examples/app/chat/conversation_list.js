import { announce, el } from "../shared/dom.js";
import { explain } from "../shared/session.js";

/** Width from which the list stands beside the conversation instead of folded above it. */
const BESIDE = matchMedia("(min-width: 860px)");
const LONGEST_TITLE = 200;

/**
 * Returns the list of the account's conversations, each with a menu to rename and delete it, as far as
 * the user may. The address of a conversation is `#<id>`.
 *
 * @param {import("./api.js").Api} api
 * @param {import("./chat_data.ts").Account["role"]} role
 * @param {(id: string) => void} onRemoved
 */
export function conversationList(api, role, onRemoved) {
  const list = el("ul");
  const heading = el("summary", "Conversations");
  const element = el(
    "details.conversations",
    heading,
    el(
      "nav",
      { "aria-label": "Conversations" },
      el("a.new", { href: "#" }, "New conversation"),
      list,
    ),
  );
  const fold = () => element.toggleAttribute("open", BESIDE.matches);
  BESIDE.addEventListener("change", fold);
  fold();
  /** @type {string | null} */
  let current = null;
  const mark = () => {
    for (const link of element.querySelectorAll("nav a")) {
      if (link.getAttribute("href") === `#${current ?? ""}`) {
        link.setAttribute("aria-current", "page");
      } else link.removeAttribute("aria-current");
    }
  };
  const load = async () => {
    const conversations = await api.conversations();
    list.replaceChildren(
      ...conversations.map((one) => entry(one, { api, role, reload: load, onRemoved })),
    );
    heading.textContent = `Conversations (${conversations.length})`;
    mark();
  };
  list.addEventListener("click", (event) => {
    if (event.target instanceof HTMLAnchorElement) fold();
  });
  return {
    element,
    load,
    /** @param {string | null} id */
    select(id) {
      current = id;
      mark();
    },
  };
}

/**
 * @param {import("./chat_data.ts").Conversation} conversation
 * @param {{
 *   api: import("./api.js").Api,
 *   role: import("./chat_data.ts").Account["role"],
 *   reload: () => Promise<void>,
 *   onRemoved: (id: string) => void,
 * }} list
 */
function entry({ id, title }, { api, role, reload, onRemoved }) {
  const link = el("a", { href: `#${id}`, title }, title);
  const rename = el("button", { type: "button" }, "Rename");
  const remove = el("button", { type: "button" }, "Delete");
  const menu = el(
    "details.menu",
    el("summary", { "aria-label": `Menu of ${title}` }, "⋯"),
    el("ul", el("li", rename), role === "owner" ? el("li", remove) : null),
  );
  const item = el("li", link, role === "viewer" ? null : menu);
  const change = async (/** @type {() => Promise<void>} */ step) => {
    try {
      await step();
      await reload();
    } catch (error) {
      announce(explain(error).detail);
    }
  };
  rename.addEventListener("click", () => {
    const field = /** @type {HTMLInputElement} */ (el("input", {
      "aria-label": "New title",
      maxlength: LONGEST_TITLE,
      value: title,
    }));
    const form = el("form.rename", field);
    const cancel = () => form.replaceWith(link, menu);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const next = field.value.trim();
      if (next === "" || next === title) return cancel();
      void change(() => api.rename(id, next));
    });
    field.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      cancel();
      link.focus();
    });
    menu.removeAttribute("open");
    item.replaceChildren(form);
    field.select();
  });
  remove.addEventListener("click", () => {
    menu.removeAttribute("open");
    confirmRemoval(title, () =>
      void change(async () => {
        await api.remove(id);
        item.remove();
        onRemoved(id);
      }));
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (!menu.contains(/** @type {Node | null} */ (relatedTarget))) menu.removeAttribute("open");
  });
  return item;
}

/**
 * @param {string} title
 * @param {() => void} onConfirmed
 */
function confirmRemoval(title, onConfirmed) {
  const dialog = /** @type {HTMLDialogElement} */ (el(
    "dialog.card",
    { "aria-labelledby": "removal" },
    el("h2", { id: "removal" }, "Delete this conversation?"),
    el("p", `“${title}” is deleted for good, with its answers and your ratings.`),
    el(
      "form.choice",
      { method: "dialog" },
      el("button.plain", { value: "cancel" }, "Cancel"),
      el("button.primary", { value: "delete" }, "Delete"),
    ),
  ));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "delete") onConfirmed();
  });
  document.body.append(dialog);
  dialog.showModal();
}

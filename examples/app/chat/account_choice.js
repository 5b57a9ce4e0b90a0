import { el } from "../shared/dom.js";

/**
 * Returns the choice of the account whose data questions are about. Its address is `?account=<id>`, so that
 * a page shows one account from beginning to end.
 *
 * @param {import("./chat_data.ts").Account[]} accounts
 */
export function accountChoice(accounts) {
  const select = /** @type {HTMLSelectElement} */ (el(
    "select",
    ...accounts.map(({ id, name, role, isPersonal, isChosen }) =>
      el(
        "option",
        { value: isPersonal ? "" : id, selected: isChosen },
        isPersonal ? "Personal" : `${name} (${role})`,
      )
    ),
  ));
  select.addEventListener("change", () => {
    location.assign(select.value === "" ? "/chat/" : `/chat/?account=${select.value}`);
  });
  // Browsers keep a choice across a step back, but the address decides.
  addEventListener("pageshow", () => {
    for (const option of select.options) option.selected = option.defaultSelected;
  });
  return el("label.account", el("span", "Account"), select);
}

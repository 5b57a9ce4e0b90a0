import { announce, el } from "../shared/dom.js";
import { explain, openSession, read, readConfig } from "../shared/session.js";
import { signInView } from "../shared/sign_in.js";

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const SIGN_IN = {
  title: "You are invited to a team",
  lead: "Sign in with the address that the invitation was sent to.",
};

/**
 * Shows what the signed-in user can do with the invitation, or the form to sign in.
 *
 * @param {import("../shared/session.js").Session} session
 * @param {string} token
 */
async function start(session, token) {
  const user = await session.user();
  content.replaceChildren(
    user === null
      ? signInView(session, SIGN_IN, () => start(session, token))
      : offer(session, token, user),
  );
}

/**
 * @param {import("../shared/session.js").Session} session
 * @param {string} token
 * @param {string} user
 */
function offer(session, token, user) {
  const accept = el("button.primary", { type: "button" }, "Accept the invitation");
  const leave = el("button.link", { type: "button" }, "Sign in with another address");
  const said = el("p.said", { role: "alert" });
  const card = el(
    "section.card.sign-in",
    el("h1", SIGN_IN.title),
    el("p.quiet", `You are signed in as ${user}.`),
    accept,
    said,
    leave,
  );
  accept.addEventListener("click", async () => {
    card.inert = true;
    said.textContent = "";
    try {
      content.replaceChildren(await join(session, token));
    } catch (error) {
      const { code, detail } = explain(error);
      said.textContent = code === "PT404"
        ? `There is no open invitation for ${user}. It may be for another address, or it was used, replaced or ` +
          "revoked, or its week is over: ask whoever sent it."
        : detail;
    } finally {
      card.inert = false;
    }
  });
  leave.addEventListener("click", async () => {
    await session.signOut();
    await start(session, token);
  });
  return card;
}

/**
 * Accepts the invitation. Returns what the new member is told.
 *
 * @param {import("../shared/session.js").Session} session
 * @param {string} token
 */
async function join({ data }, token) {
  /** @type {{ account_id: string, role: string }} */
  const { account_id: id, role } = read(
    await data.rpc("accept_invitation", { p_token: token }),
    "The invitation was not accepted",
  );
  history.replaceState(null, "", location.pathname);
  const { data: account } = await data.from("accounts").select("name").eq("id", id).maybeSingle();
  const text = `You joined ${account?.name ?? "the team"}`;
  announce(text);
  return el(
    "section.message",
    el("h1", text),
    el("p", `Your role is ${role}.`),
    el("p", el("a", { href: `/chat/?account=${id}` }, "Ask about the team's data")),
  );
}

try {
  const [, token] = /^#([0-9a-f]{64})$/.exec(location.hash) ?? [];
  if (token === undefined) {
    content.replaceChildren(el(
      "section.message",
      el("h1", "This link is not complete"),
      el("p", "Open the link in the e-mail with the invitation again, or copy all of it."),
    ));
  } else await start(await openSession(await readConfig()), token);
} catch (error) {
  const { title, detail } = explain(error);
  content.replaceChildren(el("section.message", el("h1", title), el("p", detail)));
}

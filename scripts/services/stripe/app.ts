import { Hono } from "hono";
import type { Account } from "./account.ts";
import { type ApiOptions, createApi } from "./api.ts";
import { addControl } from "./control.ts";
import { ApiError } from "./errors.ts";
import { closedPage, payPage } from "./pay_page.ts";

/** Returns the HTTP interface: the API, the payment page and the control endpoints. */
export function createApp(options: ApiOptions): Hono {
  const app = new Hono();
  app.route("/v1", createApi(options));
  addControl(app, options.account, options.faults);
  app.route("/c/pay", createPages(options.account));
  app.onError((error, context) => {
    if (!(error instanceof ApiError)) throw error;
    const headers = new Headers(context.res.headers);
    headers.set("content-type", "application/json");
    return new Response(JSON.stringify(error.body), { status: error.status, headers });
  });
  return app;
}

function createPages(account: Account): Hono {
  const pages = new Hono();
  pages.get("/:id", (context) => {
    const stored = account.ledger.session(context.req.param("id"));
    const { status } = stored.session;
    return status === "open"
      ? context.html(payPage(stored))
      : context.html(closedPage(status ?? "expired"), status === "expired" ? 410 : 200);
  });
  pages.post("/:id", async (context) => {
    const id = context.req.param("id");
    const stored = account.ledger.session(id);
    const form = await context.req.parseBody();
    const action = form["action"];
    const { success_url, cancel_url } = stored.session;
    if (action === "cancel") return context.redirect(cancel_url ?? `/c/pay/${id}`, 303);
    if (stored.session.status === "expired") return context.html(closedPage("expired"), 410);

    const method = action === "delayed" || action === "declined" ? action : "card";
    const email = typeof form["email"] === "string" && form["email"] !== "" ? form["email"] : null;
    const { attempted } = account.change((ledger) => ledger.pay(id, method, email));
    if (method === "declined") {
      return context.html(payPage(stored, "Your card was declined."), 402);
    }
    // Stripe's page also waits for the webhook's answer, up to ten seconds, before it redirects.
    await attempted;
    return context.redirect((success_url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", id), 303);
  });
  return pages;
}

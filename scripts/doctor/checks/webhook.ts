import Stripe from "stripe";
import { failed, type Finding, ok, warning } from "../finding.ts";
import type { Target } from "../target.ts";

const TIMEOUT_MS = 30_000;
const NAME = "webhook";

/** Checks that the webhook takes events with the right signature and refuses all others. */
export async function checkWebhook({ apiUrl, settings }: Target): Promise<Finding[]> {
  const payload = JSON.stringify({
    id: `evt_doctor_${crypto.randomUUID()}`,
    object: "event",
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    // Of no type that we act on.
    type: "doctor.ping",
    data: { object: {} },
  });
  const deliver = async (secret: string): Promise<number> => {
    const response = await fetch(`${apiUrl}/functions/v1/webhook`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "stripe-signature": await Stripe.webhooks.generateTestHeaderStringAsync({
          payload,
          secret,
          cryptoProvider: Stripe.createSubtleCryptoProvider(),
        }),
      },
      body: payload,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status;
  };

  const wrong = await deliver(`whsec_${crypto.randomUUID()}`);
  if (wrong !== 400) {
    return [failed(
      NAME,
      `an event with a wrong signature was answered with ${wrong} instead of 400`,
      "Read the log of the function webhook",
    )];
  }
  const secret = settings.STRIPE_WEBHOOK_SECRET;
  if (secret === undefined) {
    return [warning(
      NAME,
      "wrong signatures are refused; a right one could not be tried",
      "Set STRIPE_WEBHOOK_SECRET here to try it",
    )];
  }
  const right = await deliver(secret);
  return right === 200
    ? [ok(NAME, "an event with the right signature is taken, others are refused")]
    : [failed(
      NAME,
      `an event signed with STRIPE_WEBHOOK_SECRET was answered with ${right}`,
      "The functions have another secret: copy the endpoint's from Stripe and deploy again",
    )];
}

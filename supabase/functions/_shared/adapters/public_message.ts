const MAX_MESSAGE = 500;

/** Shorter keys would eat ordinary words. */
const MIN_SECRET = 6;

/** An address with its scheme, up to what ends one in a sentence. */
const URL_PATTERN = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`\\)\]}]+/gi;
/** An image sent as bytes. */
const DATA_URL = /\bdata:[\w.+-]+\/[\w.+-]+(;[\w=-]+)*,[\w+/=%-]*/gi;
/** Paths in the bucket begin with the owner's id; so do ids of organisations and teams. */
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b(\/[^\s"'<>`]*)?/gi;
const JWT = /\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g;
const QUERY_SECRET = /([?&](?:token|apikey|api_key|key|signature|sig)=)[^\s&"']+/gi;
/** Names and addresses of machines that only their own network knows. */
const INTERNAL_HOST = new RegExp(
  [
    String.raw`\b(?:[a-z0-9-]+\.)+(?:internal|local|localdomain|lan|svc|cluster\.local)(?::\d+)?\b`,
    String.raw`\blocalhost(?::\d+)?\b`,
    String.raw`\b(?:10|127)(?:\.\d{1,3}){3}(?::\d+)?\b`,
    String.raw`\b(?:192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)(?:\.\d{1,3}){2}(?::\d+)?\b`,
    String.raw`\[(?:::1|f[cd][0-9a-f:]*|fe80[0-9a-f:]*)\](?::\d+)?`,
  ].join("|"),
  "gi",
);

/**
 * Returns a provider's words as anybody may read them, for a report's link shows them to strangers:
 * at most 500 characters, without keys, addresses, owners' ids and hosts of internal networks.
 *
 * @param secrets Keys that the provider may quote.
 */
export function publicMessage(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET) clean = clean.replaceAll(secret, "[key]");
  }
  clean = clean.replace(DATA_URL, "[image]")
    .replace(URL_PATTERN, "[url]")
    .replace(JWT, "[key]")
    .replace(QUERY_SECRET, "$1[key]")
    .replace(UUID, "[id]")
    .replace(INTERNAL_HOST, "[host]");
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}

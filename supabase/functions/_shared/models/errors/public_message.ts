import { isPrivateUrl } from "../../platform/private_url.ts";

const MAX_MESSAGE = 500;
/** Characters that are read, since replacing addresses takes time that grows with the text. */
const MAX_READ = 8 * MAX_MESSAGE;

/** Shorter keys are not replaced, since they may be ordinary words. */
const MIN_SECRET = 6;

/** A URL with its scheme, up to a character that ends it in a sentence. */
const URL_PATTERN = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`\\)\]}]+/gi;
/** An image sent as bytes. */
const DATA_URL = /\bdata:[\w.+-]+\/[\w.+-]+(;[\w=-]+)*,[\w+/=%-]*/gi;
/** Paths in the bucket begin with the owner's id; so do ids of organisations and teams. */
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b(\/[^\s"'<>`]*)?/gi;
const JWT = /\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g;
const QUERY_SECRET = /([?&](?:token|apikey|api_key|key|signature|sig)=)[^\s&"']+/gi;
/** Names with dots, and addresses; those that only their own network can reach are replaced. */
const HOST =
  /(\b\d{1,3}(?:\.\d{1,3}){3}\b|\[[0-9a-f:.]{2,45}\]|\blocalhost\b|\b(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}\b)(?::\d{1,5}\b)?/gi;

/**
 * Returns the text of a connection's failure without the provider's address: as
 * {@link publicMessage}, and without public hosts.
 */
export function publicConnectionError(text: string, secrets: readonly string[]): string {
  return publicMessage(text, secrets).replace(HOST, "[host]");
}

/**
 * Returns a provider's message without secrets, since a report's link shows it to strangers: at
 * most 500 characters, without keys, URLs, owners' ids and hosts of internal networks.
 *
 * @param secrets Keys that the provider may quote.
 */
export function publicMessage(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET) clean = clean.replaceAll(secret, "[key]");
  }
  clean = clean.slice(0, MAX_READ).replace(DATA_URL, "[image]")
    .replace(URL_PATTERN, "[url]")
    .replace(JWT, "[key]")
    .replace(QUERY_SECRET, "$1[key]")
    .replace(UUID, "[id]")
    .replace(HOST, (found, host: string) => isPrivateHost(host) ? "[host]" : found);
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}

function isPrivateHost(host: string): boolean {
  const url = `http://${host}`;
  return URL.canParse(url) && isPrivateUrl(url);
}

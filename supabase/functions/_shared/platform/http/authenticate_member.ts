import { hashText } from "../json/hash_json.ts";
import type { LogFields } from "../logger.ts";
import { invalid, Problem, rateLimited, unauthenticated } from "./problem.ts";

/** A signed-in person. */
export interface User {
  readonly id: string;
  readonly email: string | undefined;
}

/**
 * Asks the auth service for the owner of a token. Returns null if it has none.
 *
 * @throws {Problem} `auth.unavailable` when it cannot be asked.
 */
export type LookUpUser = (accessToken: string) => Promise<User | null>;

/** Roles of an account's members, the least first. */
export const ROLES = ["viewer", "member", "admin", "owner"] as const;
export type Role = typeof ROLES[number];

/** What a key may do. */
export const SCOPES = ["read", "track", "run", "admin"] as const;
export type Scope = typeof SCOPES[number];

/** What a request needs: a scope of a key, and the role that goes with it. No key may `pay`. */
export type Permission = Scope | "pay";

/** Account that a request acts for, and who acts. */
export interface Member {
  readonly accountId: string;
  /** Null for a key. */
  readonly userId: string | null;
  /** Null for a person. */
  readonly keyId: string | null;
  /** Null for a key that may only track. */
  readonly role: Role | null;
  /** Scopes of the key; null for a person, whose role decides. */
  readonly scopes: readonly Scope[] | null;
  /** E-mail address of the person. */
  readonly email: string | undefined;
}

/** A key that may be used now. */
export interface UsedKey {
  readonly accountId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** Role that the scopes amount to; null for a key that may only track. */
  readonly role: Role | null;
}

/** Memberships and keys. */
export interface AccountAccess {
  /** Returns the role of a user in an account; null if the user is no member of it. */
  findRole(userId: string, accountId: string): Promise<Role | null>;
  /**
   * Counts a use of the key with this SHA-256 in hexadecimal. Returns null if there is none, or it was
   * revoked or has expired; the seconds to wait if it was used too often within a minute.
   */
  takeKey(keyHash: string): Promise<UsedKey | { readonly retryAfterSeconds: number } | null>;
}

/** Dependencies of {@link authenticateMember}. */
export interface MemberDeps {
  readonly lookUpUser: LookUpUser;
  readonly accounts: AccountAccess;
}

/** Role of a person, and scopes of keys, one of which is enough. */
const NEEDS: Readonly<
  Record<Permission, { readonly role: Role; readonly scopes: readonly Scope[] }>
> = {
  read: { role: "viewer", scopes: ["read", "run", "admin"] },
  track: { role: "member", scopes: ["track", "run", "admin"] },
  run: { role: "member", scopes: ["run", "admin"] },
  admin: { role: "admin", scopes: ["admin"] },
  pay: { role: "owner", scopes: [] },
};

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const KEY_PREFIX = "mp_";
/** A key in a URL, with the length that no name has. */
const KEY_IN_URL = /(?<![a-z\d])mp_[\w-]{16,}/i;

/** Query parameter, and field of a JSON body, that names an account like the header `x-account-id`. */
export const ACCOUNT_FIELD = "account_id";

/**
 * Creates a check of `Authorization: Bearer <access token>` or `Bearer mp_…`, a key of an account. The
 * header `x-account-id` or the query parameter `account_id` names the account to act for; the default is a
 * person's own, or the key's. A body may name it too, see {@link actForNamed}.
 *
 * @param permissionFor what a request needs.
 * @throws {Problem} (the check) `auth.required`, `auth.invalid`, `key.in_url`, `account.not_found`,
 * `request.rate_limited`, `request.invalid` and those of {@link requirePermission}.
 */
export function authenticateMember(
  { lookUpUser, accounts }: MemberDeps,
  permissionFor: (request: Request) => Permission,
): (request: Request) => Promise<Member> {
  const find = async (token: string | undefined, accountId: string | null) => {
    if (token?.startsWith(KEY_PREFIX)) return await memberOfKey(accounts, token, accountId);
    const user = token === undefined ? null : await lookUpUser(token);
    if (user === null) {
      throw unauthenticated("auth.invalid", "The access token is invalid or has expired.");
    }
    return await memberOfUser(accounts, user, accountId ?? user.id);
  };
  return async (request) => {
    if (KEY_IN_URL.test(request.url)) {
      throw new Problem(
        "key.in_url",
        "Send the key in the header Authorization, and revoke it: URLs end up in logs.",
      );
    }
    const header = request.headers.get("authorization");
    if (header === null) throw unauthenticated("auth.required", "Sign in first.");
    const member = await find(BEARER.exec(header)?.[1], namedAccount(request));
    requirePermission(member, permissionFor(request));
    return member;
  };
}

/**
 * Returns a member as they act for the account that the body of their request names.
 *
 * @throws {Problem} `request.invalid` if the value is no text, or the header or the query names another
 * account; `account.not_found` and those of {@link requirePermission}.
 */
export async function actForNamed(
  accounts: AccountAccess,
  request: Request,
  member: Member,
  value: unknown,
  permission: Permission,
): Promise<Member> {
  if (typeof value !== "string") {
    throw refuseAccount("invalid_type", "Expected the id of an account.");
  }
  const accountId = normalize(value);
  const named = namedAccount(request);
  if (named !== null && named !== accountId) throw namesTwo();
  if (accountId === member.accountId) return member;
  if (member.userId === null) throw accountNotFound();
  const { userId: id, email } = member;
  const acting = await memberOfUser(accounts, { id, email }, accountId);
  requirePermission(acting, permission);
  return acting;
}

/** Returns the account that the header or the query of a request names; null for none. */
function namedAccount({ headers, url }: Request): string | null {
  const names = [headers.get("x-account-id"), ...new URL(url).searchParams.getAll(ACCOUNT_FIELD)]
    .filter((name) => name !== null).map(normalize);
  if (new Set(names).size > 1) throw namesTwo();
  return names[0] ?? null;
}

function normalize(accountId: string): string {
  return accountId.trim().toLowerCase();
}

function namesTwo(): Problem {
  return refuseAccount("account_mismatch", "The request names two accounts: name one.");
}

function refuseAccount(code: string, message: string): Problem {
  return invalid([{ path: ACCOUNT_FIELD, code, message }]);
}

/** @throws {Problem} `key.scope_required`, `account.role_required`. */
export function requirePermission(
  { role, scopes }: Pick<Member, "role" | "scopes">,
  permission: Permission,
): void {
  const need = NEEDS[permission];
  if (scopes !== null) {
    if (scopes.some((scope) => need.scopes.includes(scope))) return;
    throw new Problem(
      "key.scope_required",
      permission === "pay"
        ? "No key may pay: an owner of the account has to sign in."
        : `The key lacks the scope ${permission}.`,
      { members: { required_scope: permission, scopes } },
    );
  }
  if (role !== null && ROLES.indexOf(role) >= ROLES.indexOf(need.role)) return;
  throw new Problem(
    "account.role_required",
    `Only ${need.role}s of the account may do this; you are ${role}.`,
    { members: { required_role: need.role, role } },
  );
}

/** Returns the fields of a log line that say for whom a request was served. */
export function describeMember(
  { accountId, userId, keyId }: Pick<Member, "accountId" | "userId" | "keyId">,
): LogFields {
  return { account_id: accountId, ...keyId === null ? { user_id: userId } : { key_id: keyId } };
}

async function memberOfUser(
  accounts: AccountAccess,
  { id, email }: User,
  accountId: string,
): Promise<Member> {
  // The personal account has its user's id, and no other member.
  const role = accountId === id
    ? "owner"
    : UUID.test(accountId)
    ? await accounts.findRole(id, accountId)
    : null;
  if (role === null) throw accountNotFound();
  return { accountId, userId: id, keyId: null, role, scopes: null, email };
}

async function memberOfKey(
  accounts: AccountAccess,
  key: string,
  accountId: string | null,
): Promise<Member> {
  const used = await accounts.takeKey(hashText(key));
  if (used === null) {
    throw unauthenticated("auth.invalid", "The key is unknown, was revoked or has expired.");
  }
  if ("retryAfterSeconds" in used) throw rateLimited(used.retryAfterSeconds);
  if (accountId !== null && accountId !== used.accountId) throw accountNotFound();
  return { ...used, userId: null, email: undefined };
}

function accountNotFound(): Problem {
  return new Problem("account.not_found", "The account was not found, or you are no member of it.");
}

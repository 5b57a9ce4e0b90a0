import type { AccountAccess } from "../platform/http/authenticate_member.ts";

/** Accounts of users who are in no team and have no keys. */
export const NO_TEAMS: AccountAccess = {
  findRole: () => Promise.resolve(null),
  takeKey: () => Promise.resolve(null),
};

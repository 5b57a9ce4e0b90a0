import envCi from "env-ci";
import { z } from "zod";

/** Details of a run from the command line. Missing ones are found out. */
export const detailsSchema = z.object({
  suite: z.string().min(1).max(200).optional(),
  branch: z.string().min(1).max(250).optional(),
  commit: z.string().regex(/^[0-9A-Za-z._-]{4,64}$/, "is not a commit").optional(),
  timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text)), "is not a time")
    .transform((text) => new Date(text).toISOString()).optional(),
  watcherModel: z.string().min(1).max(200).optional(),
  notes: z.string().max(20_000).optional(),
});
export type GivenDetails = z.output<typeof detailsSchema>;

const foundSchema = z.object({
  branch: z.string().min(1).optional().catch(undefined),
  prBranch: z.string().min(1).optional().catch(undefined),
  commit: z.string().min(4).optional().catch(undefined),
});

/** Branch of a commit that is on no branch. Git allows no branch of this name. */
const DETACHED = "(detached HEAD)";

/**
 * Finds branch and commit in the variables of the CI service, else in git; null if neither has them. A
 * detached head must not be taken for the main branch.
 */
export function findRevision(
  cwd: string,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): { readonly branch: string | null; readonly commit: string | null } {
  const { branch, prBranch, commit } = foundSchema.parse(envCi({ env, cwd }));
  const name = [prBranch, branch].find((name) => name !== undefined && name !== "HEAD");
  return {
    branch: name ?? (commit === undefined ? null : DETACHED),
    commit: commit ?? null,
  };
}

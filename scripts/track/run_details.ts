import envCi from "env-ci";
import { z } from "zod";

/** What a person says of a run; what is not said is found out. */
export interface SaidOfRun {
  readonly suite?: string | undefined;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly watcherModel?: string | undefined;
  readonly notes?: string | undefined;
}

const foundSchema = z.object({
  branch: z.string().min(1).optional().catch(undefined),
  prBranch: z.string().min(1).optional().catch(undefined),
  commit: z.string().min(4).optional().catch(undefined),
});

/** What stands for the branch of a commit that is on none: no branch can be called so. */
const DETACHED = "(detached HEAD)";

/**
 * Branch and commit as the CI service's variables say them, else git; null where neither knows. A
 * detached head is no branch, least of all the main one.
 */
export function findRevision(
  cwd: string,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): { readonly branch: string | null; readonly commit: string | null } {
  const { branch, prBranch, commit } = foundSchema.parse(
    envCi({ env, cwd }),
  );
  const name = [prBranch, branch].find((name) => name !== undefined && name !== "HEAD");
  return {
    branch: name ?? (commit === undefined ? null : DETACHED),
    commit: commit ?? null,
  };
}

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

/** Branch and commit as the CI service's variables say them, else git; null where neither knows. */
export function findRevision(
  cwd: string,
): { readonly branch: string | null; readonly commit: string | null } {
  const { branch, prBranch, commit } = foundSchema.parse(
    envCi({ env: Deno.env.toObject(), cwd }),
  );
  // On a detached head git has no name for it but this.
  const name = prBranch ?? branch;
  return { branch: name === undefined || name === "HEAD" ? null : name, commit: commit ?? null };
}

import { parseEnv } from "node:util";
import { pickSettings } from "../stack/plan_environment.ts";
import { whenMissing } from "../support/when_missing.ts";

/** What a deployment is given. */
export interface DeploymentInput {
  /** Variables for the Supabase CLI, such as `SUPABASE_ACCESS_TOKEN`. The shell overrides the file. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Variables of the functions. */
  readonly settings: Readonly<Record<string, string>>;
}

const CREDENTIALS = /^(SUPABASE_(ACCESS_TOKEN|DB_PASSWORD|DB_URL|PROJECT_REF)|PROJECT_URL)$/;

/**
 * Reads credentials and settings from a `.env` file. If the file does not exist, the shell's variables
 * are used. If it does, the functions' settings come from it alone: a test key that is exported for the
 * local stack must not reach production.
 */
export async function readDeploymentInput(file: string): Promise<DeploymentInput> {
  const text = await Deno.readTextFile(file).catch(whenMissing(null));
  const shell = Deno.env.toObject();
  const given = text === null ? shell : definedOf(parseEnv(text));
  return {
    credentials: Object.fromEntries(
      Object.entries({ ...given, ...shell }).filter(([name]) => CREDENTIALS.test(name)),
    ),
    settings: pickSettings(given),
  };
}

function definedOf(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]]
    ),
  );
}

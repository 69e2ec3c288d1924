import process from "node:process";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import type { HealthView } from "../protocol.ts";
import { type JsonOption, type ObjectsCli, type Place, printJson } from "./place.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found; what went wrong and what to do. */
  readonly message: string;
}

/** Where Cloudflare answers; another for tests. */
const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4";
const REQUEST_MS = 5_000;

/** The command that says what is configured, reachable and permitted, and what is missing. */
export function addDoctor({ program, runs }: ObjectsCli): void {
  program
    .command("doctor")
    .description("try all that is needed, and say what is missing")
    .option("--cloudflare-api <url>", "where Cloudflare answers", CLOUDFLARE_API)
    .option("--json", "print the answer as JSON")
    .action(runs(doctor));
}

interface DoctorFlags extends JsonOption {
  readonly cloudflareApi: string;
}

async function doctor(place: Place, { json = false, cloudflareApi }: DoctorFlags): Promise<number> {
  const checks = await checkAll(place, cloudflareApi);
  if (json) printJson(place, { checks });
  else place.terminal.print(checks.map(toLine).join("\n"));
  return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

function toLine({ name, ok, message }: Check): string {
  return `${ok ? "ok  " : "FAIL"}  ${name.padEnd(12)}${message}`.trimEnd();
}

async function checkAll(place: Place, api: string): Promise<readonly Check[]> {
  const { config, objects } = place;
  const checks: Check[] = [{ name: "node", ok: true, message: process.versions.node }];
  /** What did not come to its end is a check that failed; the others are made all the same. */
  async function attempt(name: string, work: () => Promise<string>): Promise<boolean> {
    try {
      checks.push({ name, ok: true, message: await work() });
      return true;
    } catch (error) {
      checks.push({ name, ok: false, message: messageOf(error) });
      return false;
    }
  }

  const { url } = config;
  const isThere = url === undefined || (await attempt("host", () => findHost(url)));
  // Who is not there is not asked whom it lets in.
  if (isThere) {
    await attempt("objects", async () => {
      const { classes } = await objects.classes();
      return `${objects.where}: ${classes.map(({ name }) => name).join(", ")}.`;
    });
    await attempt("rights", async () => {
      await objects.list({ limit: 1 });
      return "All objects may be listed.";
    });
  }
  if (config.cloudflareApiToken === undefined) {
    const message = "Nothing is deployed from here: CLOUDFLARE_API_TOKEN is not set.";
    checks.push({ name: "cloudflare", ok: true, message });
    return checks;
  }
  const cloudflare = { api, token: config.cloudflareApiToken };
  if (!(await attempt("cloudflare", () => checkToken(cloudflare)))) return checks;
  await attempt("workers", () => checkWorkers(cloudflare, config.cloudflareAccountId));
  return checks;
}

/** Once, and soon: a person waits. */
async function findHost(url: string): Promise<string> {
  try {
    const address = new URL("v1/health", url.endsWith("/") ? url : `${url}/`);
    const signal = AbortSignal.timeout(REQUEST_MS);
    const response = await fetch(address, { signal, redirect: "error" });
    const { status, host, protocol } = (await response.json()) as Partial<HealthView>;
    if (status !== "ok") throw new Error(`it answered ${response.status}`);
    return `${url} is ${status}: a ${host} host that speaks ${protocol}.`;
  } catch (error) {
    throw new TrestleError(
      "unavailable",
      `${url} does not answer as a host of objects (${messageOf(error)}). Deploy it with trestle-objects deploy, or mend OBJECTS_URL.`,
    );
  }
}

interface Cloudflare {
  readonly api: string;
  readonly token: string;
}

async function checkToken(cloudflare: Cloudflare): Promise<string> {
  const { status } = (await askCloudflare(cloudflare, "/user/tokens/verify")) as {
    status?: string;
  };
  if (status === "active") return "The API token is active.";
  throw new Error(`The API token is ${status}: make another one at Cloudflare.`);
}

async function checkWorkers(cloudflare: Cloudflare, account: string | undefined): Promise<string> {
  if (account === undefined) {
    throw new Error("Set CLOUDFLARE_ACCOUNT_ID to the account that the worker belongs to.");
  }
  const scripts = await askCloudflare(
    cloudflare,
    `/accounts/${encodeURIComponent(account)}/workers/scripts`,
  );
  const names = Array.isArray(scripts)
    ? scripts.map((each: { id?: unknown }) => String(each.id))
    : [];
  const isDeployed = names.includes("trestle-objects");
  return `The token may see the workers of the account; trestle-objects is ${isDeployed ? "" : "not "}among them.`;
}

async function askCloudflare({ api, token }: Cloudflare, path: string): Promise<object> {
  const response = await fetch(`${api}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(REQUEST_MS),
    redirect: "error",
  });
  const body = (await response.json().catch(() => ({}))) as {
    success?: boolean;
    result?: object;
    errors?: readonly { message?: string }[];
  };
  if (response.ok && body.success === true && body.result !== undefined) return body.result;
  const why = body.errors?.map(({ message }) => message).join("; ") || `status ${response.status}`;
  throw new Error(
    `Cloudflare refuses the token (${why}). It needs the permission Workers Scripts: Edit, for this account.`,
  );
}

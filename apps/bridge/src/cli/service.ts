import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type JsonObject, messageOf, TrestleError } from "@trestle/protocol";
import { readWhole, removeFile, replaceFile } from "../config/import/atomic-file.ts";
import { thisMachine } from "../config/import/machine.ts";
import { bridgeFolder } from "../home.ts";
import { type ServiceUnit, serviceUnit } from "../service/unit.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { withExamples, withJson } from "./options.ts";

interface ServiceOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

export function addService(cli: Cli): void {
  const service = cli.program
    .command("service")
    .description("let the system start the bridge when you log in (systemd, launchd)");
  const verbs = [
    { name: "install", what: "write the service of this configuration and start it", run: install },
    { name: "uninstall", what: "stop the service and remove it", run: uninstall },
    { name: "status", what: "is it installed, and does it run?", run: status },
  ];
  for (const { name, what, run } of verbs) {
    const command = service.command(name).description(what);
    if (name !== "status") command.option("--dry-run", "show what would be done; do nothing");
    const example = name === "status" ? "" : " --dry-run";
    withJson(withExamples(command, [`trestle service ${name}${example}`])).action(
      runs(cli, (place, options: ServiceOptions) =>
        run({ ...place, ...unitOf(cli, place) }, options),
      ),
    );
  }
}

interface Servicing extends Place {
  readonly unit: ServiceUnit;
}

function unitOf(cli: Cli, { config, terminal }: Place): { readonly unit: ServiceUnit } {
  const { cwd } = cli.parts;
  const { envFile } = cli.program.opts<{ envFile?: string }>();
  const files = [
    ...(config.file === undefined ? [] : ["--config", config.file]),
    ...(envFile === undefined ? [] : ["--env-file", resolve(cwd, envFile)]),
  ];
  const start = {
    command: [...terminal.command, ...files, "serve"],
    // Secrets do not belong into a unit: they come from .env, or from where references lead.
    env: { TRESTLE_HOME: config.home, PATH: config.env.PATH ?? "/usr/bin:/bin" },
    folder: config.file === undefined ? cwd : dirname(config.file),
    logFile: join(bridgeFolder(config.home), "service.log"),
  };
  return { unit: serviceUnit(start, thisMachine(config.env, cwd)) };
}

async function install(servicing: Servicing, { json, dryRun }: ServiceOptions): Promise<number> {
  const { unit, terminal } = servicing;
  if (dryRun) return plan(servicing, { words: unit.install, text: unit.text, json });
  replaceFile(unit.file, readWhole(unit.file), unit.text);
  await runAll(unit.install, servicing);
  const said = `Installed ${unit.file}; the bridge runs, and will after the next login.`;
  terminal.print(json ? JSON.stringify({ file: unit.file, installed: true }, null, 2) : said);
  return EXIT.ok;
}

async function uninstall(servicing: Servicing, { json, dryRun }: ServiceOptions): Promise<number> {
  const { unit, terminal } = servicing;
  if (dryRun) return plan(servicing, { words: unit.uninstall, json });
  const text = readWhole(unit.file);
  if (text === undefined) {
    throw new TrestleError("not_found", `No service is installed: there is no ${unit.file}.`);
  }
  await runAll(unit.uninstall, servicing);
  removeFile(unit.file, text);
  const said = `Stopped the service and removed ${unit.file}.`;
  terminal.print(json ? JSON.stringify({ file: unit.file, installed: false }, null, 2) : said);
  return EXIT.ok;
}

async function status(servicing: Servicing, { json }: ServiceOptions): Promise<number> {
  const { unit, terminal } = servicing;
  const installed = existsSync(unit.file);
  const current = installed && readFileSync(unit.file, "utf8") === unit.text;
  const running = installed && (await succeeds(unit.status[0] ?? [], servicing));
  const answer: JsonObject = { file: unit.file, installed, running, current };
  const words = [
    installed ? `installed: ${unit.file}` : `not installed: there is no ${unit.file}`,
    running ? "it runs" : "it does not run",
    ...(installed && !current ? ["it is of another configuration: install it anew"] : []),
  ];
  terminal.print(json ? JSON.stringify(answer, null, 2) : words.join("\n"));
  return running ? EXIT.ok : EXIT.failed;
}

function plan(
  { unit, terminal }: Servicing,
  asked: {
    readonly words: readonly (readonly string[])[];
    readonly text?: string;
    readonly json: boolean | undefined;
  },
): number {
  const { words, text, json } = asked;
  const commands = words.map((each) => each.join(" "));
  const written = text === undefined ? {} : { text };
  const answer: JsonObject = { file: unit.file, ...written, commands };
  const lines = [unit.file, ...(text === undefined ? [] : ["", text]), ...commands, ""];
  const said = [...lines, "Nothing was done (--dry-run)."].join("\n");
  terminal.print(json ? JSON.stringify(answer, null, 2) : said);
  return EXIT.ok;
}

const run = promisify(execFile);
const LIMIT_MS = 90_000;

async function runAll(all: readonly (readonly string[])[], { config }: Servicing): Promise<void> {
  for (const [program = "", ...words] of all) {
    await run(program, words, { timeout: LIMIT_MS, env: environment(config) }).catch((error) => {
      const line = [program, ...words].join(" ");
      const message = `\`${line}\` failed: ${messageOf(error)}. The file is written: run it yourself.`;
      throw new TrestleError("unavailable", message, { cause: error });
    });
  }
}

async function succeeds([program = "", ...words]: readonly string[], { config }: Servicing) {
  return run(program, words, { timeout: LIMIT_MS, env: environment(config) }).then(
    () => true,
    () => false,
  );
}

/** What the managers need to find the person's session; none of the bridge's secrets. */
function environment({ env }: Place["config"]): Record<string, string> {
  const names = ["PATH", "HOME", "USER", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

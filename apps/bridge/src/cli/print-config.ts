import { resolve } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { readOwner } from "@trestle/store";
import type { Command } from "commander";
import { stringify } from "smol-toml";
import { bridgeStart } from "../config/import/bridge-start.ts";
import { type Host, KEY_VARIABLE } from "../config/import/host.ts";
import { HOSTS, hostsNamed } from "../config/import/hosts.ts";
import { type Machine, thisMachine } from "../config/import/machine.ts";
import { BRIDGE_NAME } from "../config/import/plan.ts";
import { bridgeFolder } from "../home.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { usage } from "./json-input.ts";
import { withJson } from "./options.ts";

interface PrintOptions {
  readonly host: string;
  readonly transport?: string;
  readonly json?: boolean;
}

export function addPrintConfig(cli: Cli, config: Command): void {
  const command = config
    .command("print")
    .description("print what a host needs in its file to use the bridge")
    .requiredOption("--host <host>", HOSTS.map(({ id }) => id).join(", "))
    .option("--transport <kind>", "stdio or http alone, without a word around it");
  withJson(command).action(
    runs(cli, async (place, { host, transport, json }: PrintOptions) => {
      const { cwd } = cli.parts;
      const { envFile: named } = cli.program.opts<{ envFile?: string }>();
      const envFile = named === undefined ? undefined : resolve(cwd, named);
      const printing = { ...place, machine: thisMachine(place.config.env, cwd), envFile };
      const hosts = hostsNamed(host);
      if (json) {
        place.terminal.print(
          JSON.stringify({ hosts: hosts.map((each) => factsOf(each, printing)) }, null, 2),
        );
        return EXIT.ok;
      }
      for (const each of hosts) {
        place.terminal.print(
          transport === undefined ? pageOf(each, printing) : bare(each, transport, printing),
        );
      }
      return EXIT.ok;
    }),
  );
}

interface Printing extends Place {
  readonly machine: Machine;
  /** The environment file that was named, absolute. */
  readonly envFile: string | undefined;
}

function bare(host: Host, transport: string, printing: Printing): string {
  if (transport !== "stdio" && transport !== "http") {
    throw usage(`--transport is stdio or http, not "${transport}".`);
  }
  const snippet = transport === "stdio" ? overStdio(host, printing) : overHttp(host, printing);
  if (snippet === undefined) throw usage(noHttp(host));
  return snippet;
}

function factsOf(host: Host, printing: Printing): JsonObject {
  const http = overHttp(host, printing);
  return {
    host: host.id,
    format: host.format,
    files: host.files(printing.machine).map(({ path, scope }) => ({ path, scope })),
    stdio: overStdio(host, printing),
    ...(http === undefined ? {} : { http }),
    restart: host.restart,
  };
}

function pageOf(host: Host, printing: Printing): string {
  const files = host.files(printing.machine).map(({ path, scope }) => `  ${path} (${scope})`);
  const http = overHttp(host, printing) ?? noHttp(host);
  const key = http.includes(KEY_VARIABLE)
    ? [`Set ${KEY_VARIABLE} to the bridge's http.key in the environment of ${host.title}.`]
    : [];
  return [
    ...[`${host.title}, in one of`, ...files, ""],
    ...["over stdio:", "", overStdio(host, printing), ""],
    ...["over HTTP, while `trestle serve` runs:", "", http, ...key, ""],
    `Then ${host.restart}.`,
  ].join("\n");
}

function overStdio(host: Host, { config, terminal, machine, envFile }: Printing): string {
  const { file } = config;
  const start = bridgeStart({ ...terminal, ...machine, config, file, envFile });
  return written(host, host.stdioEntry(start));
}

function overHttp(host: Host, { config }: Printing): string | undefined {
  const running = readOwner(bridgeFolder(config.home))?.info?.url;
  const { host: address, port, key } = config.http;
  // What listens at every address is reached at this one.
  const name = ["0.0.0.0", "::"].includes(address) ? "127.0.0.1" : address;
  const url = typeof running === "string" ? running : `http://${name}:${port}/mcp`;
  const entry = host.httpEntry({ url, needsKey: key !== undefined });
  return entry && written(host, entry);
}

function written(host: Host, entry: JsonObject): string {
  const value = host.wrap(BRIDGE_NAME, entry);
  return host.format === "toml" ? stringify(value).trim() : JSON.stringify(value, null, 2);
}

function noHttp({ title }: Host): string {
  return `${title} takes no HTTP servers in its file; use stdio, or add the address in its settings.`;
}

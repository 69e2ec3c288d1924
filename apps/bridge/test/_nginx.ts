import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@trestle/testkit/own-redis";
import { until } from "@trestle/testkit/surroundings";
import { temporaryFolder } from "./_bridge.ts";

/** nginx with the configuration of `examples/replicas`, before bridges of this machine. */
export interface Nginx {
  /** Of the MCP endpoint. */
  readonly url: string;
  /** What came of the requests that had this in `X-Request-Mark`. */
  passages(): ReadonlyMap<string, Passage>;
  errors(): string;
  stop(): Promise<void>;
}

/** One request as nginx saw it. */
export interface Passage {
  /** The whole line of its log. */
  readonly line: string;
  /** Ports of the bridges that it was sent to, one after the other. */
  readonly ports: readonly string[];
}

export const hasNginx = spawnSync("nginx", ["-v"]).error === undefined;

if (!hasNginx) process.stderr.write("\nNO NGINX HERE: the tests that need it are skipped.\n\n");

const EXAMPLE = new URL("../../../examples/replicas/nginx.conf", import.meta.url);
const FORMAT =
  '$http_x_request_mark to=$upstream_addr status=$status/$upstream_status time=$request_time/$upstream_response_time header=$upstream_header_time connect=$upstream_connect_time sent=$upstream_bytes_sent received=$upstream_bytes_received connection=$connection/$connection_requests at=$msec "$request"';

export async function startNginx(bridges: readonly string[]): Promise<Nginx> {
  const folder = temporaryFolder("trestle-nginx");
  const port = await freePort();
  const ports = bridges.map((url) => new URL(url).port);
  const [file, log, errors] = ["nginx.conf", "access.log", "error.log"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(file, localConfig({ folder, port, ports }));
  const args = ["-p", folder, "-c", file, "-e", errors, "-g", "daemon off;"];
  const child = spawn("nginx", args, { stdio: "ignore" });
  const exited = once(child, "exit");
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  await until("nginx runs", () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${read(errors)}`);
    return existsSync(join(folder, "nginx.pid"));
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    passages: () => new Map(read(log).split("\n").flatMap(toPassage)),
    errors: () => read(errors),
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Local {
  readonly folder: string;
  readonly port: number;
  readonly ports: readonly string[];
}

/** The example as it stands, but for the names of the compose network, its port and where it writes. */
export function localConfig({ folder, port, ports }: Local): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((what) => `${what}_temp_path ${join(folder, what)};`)
    .join("\n");
  const logging = `log_format marked '${FORMAT}';\naccess_log ${join(folder, "access.log")} marked;`;
  const local = readFileSync(EXAMPLE, "utf8")
    .replace(/bridge-(\d):4100/g, (_, number) => `127.0.0.1:${ports[Number(number) - 1]}`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`)
    .replace("http {", `http {\n${logging}\n${temporary}`);
  // Its workers write where we do.
  const user = process.getuid?.() === 0 ? "user root;\n" : "";
  return `${user}pid ${join(folder, "nginx.pid")};\n${local}`;
}

function toPassage(line: string): [string, Passage][] {
  const [mark, to] = line.split(" to=");
  if (!mark || mark === "-" || to === undefined) return [];
  const [addresses = ""] = to.split(" status=");
  const ports = [...addresses.matchAll(/:(\d+)/g)].map(([, port]) => port as string);
  return [[mark, { line, ports }]];
}

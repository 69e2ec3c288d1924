import { isLoopback } from "@trestle-mcp/server-kit";
import { POLICY_ORDER } from "../../pipeline.ts";
import type { Look } from "./check.ts";

export const configuration: Look = ({ live }) => {
  const { file, problems } = live.current();
  const name = "config";
  if (problems.length === 0) {
    return { name, status: "ok", message: file ?? "no file: our own servers on their defaults" };
  }
  return problems.map(({ server, level, message, line }) => {
    const where = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
    return {
      name,
      status: level === "error" ? ("fail" as const) : ("warn" as const),
      message: `${where}${server}: ${message}`,
      next: "Mend the entry: the file is read again when it is saved.",
    };
  });
};

export const policyOrder: Look = () => ({
  name: "policies",
  status: "ok",
  message: `every call passes ${POLICY_ORDER.join(" → ")}`,
});

export const address: Look = ({ live, access }) => {
  const { host, port } = live.current().http;
  const message = `HTTP is served at ${host}:${port}`;
  if (isLoopback(host) || access.keys.list().length > 0 || live.current().http.key !== undefined) {
    return { name: "address", status: "ok", message };
  }
  const next = "Nobody has a key, so nobody can call: make one with `trestle keys add NAME`.";
  return { name: "address", status: "warn", message, next };
};

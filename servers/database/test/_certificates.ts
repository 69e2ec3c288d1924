import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Comes with every system that has a Postgres server with TLS, and with no package. */
const PROGRAM = "openssl";

export interface Certificates {
  /** Path of the authority's certificate, for `sslrootcert`. */
  readonly authority: string;
  /** Another authority, which signed nothing. */
  readonly stranger: string;
  /** Certificate and key of a server called `localhost`, as texts. */
  readonly server: Certificate;
  /** The same, out of date since a day. */
  readonly expired: Certificate;
  remove(): void;
}

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "trestle-certificates-"));
  const at = (name: string) => join(folder, name);
  const run = (...args: string[]) =>
    execFileSync(PROGRAM, args, { cwd: folder, stdio: "ignore", timeout: 30_000 });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const name of ["authority", "stranger"])
    run(
      "req",
      "-x509",
      ...key,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-subj",
      `/CN=${name}`,
    );
  run(
    ...["req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost"],
  );
  const sign = (days: string, name: string): Certificate => {
    const by = ["-CA", "authority.crt", "-CAkey", "authority.key", "-copy_extensions", "copy"];
    run("x509", "-req", "-in", "server.csr", ...by, "-days", days, "-out", name);
    return {
      certificate: readFileSync(at(name), "utf8"),
      key: readFileSync(at("server.key"), "utf8"),
    };
  };
  return {
    authority: at("authority.crt"),
    stranger: at("stranger.crt"),
    server: sign("2", "server.crt"),
    expired: sign("-1", "expired.crt"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

import { TrestleError } from "@trestle/protocol";
import type { Config } from "../config.ts";

export type NeonSettings = Pick<Config, "mode" | "neonProjectId" | "neonBranchId">;

/** What of Neon a caller may reach. */
export interface NeonScope {
  /**
   * The project that is meant. Throws `invalid_input` where none is, and `denied` where the server is
   * set up for another one and the mode is not admin.
   */
  projectOf(given: string | undefined): string;
  /** The configured branch, where its project is meant. */
  branchOf(projectId: string): string | undefined;
  /** The only project there is, if there is but one. */
  readonly onlyProject: string | undefined;
  readonly admin: boolean;
  /** Throws `denied` unless the mode is admin; `deed` is what was wanted: `create branches`. */
  requireAdmin(deed: string): void;
}

export function createScope({ mode, neonProjectId, neonBranchId }: NeonSettings): NeonScope {
  const admin = mode === "admin";
  return {
    admin,
    onlyProject: admin ? undefined : neonProjectId,
    projectOf(given) {
      if (given !== undefined && given !== neonProjectId && neonProjectId !== undefined && !admin) {
        throw new TrestleError(
          "denied",
          `This server is set up for the Neon project ${neonProjectId} (NEON_PROJECT_ID). Another one may be named only in DATABASE_MODE=admin.`,
        );
      }
      const meant = given ?? neonProjectId;
      if (meant !== undefined) return meant;
      throw new TrestleError(
        "invalid_input",
        "Which project is meant? Pass projectId (list_projects shows them), or set NEON_PROJECT_ID.",
      );
    },
    branchOf: (projectId) => (projectId === neonProjectId ? neonBranchId : undefined),
    requireAdmin(deed) {
      if (admin) return;
      throw new TrestleError(
        "denied",
        `The mode is ${mode}, which may not ${deed}. Set DATABASE_MODE=admin to allow it.`,
      );
    },
  };
}

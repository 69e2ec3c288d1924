import { Link as RouterLink } from "@tanstack/react-router";
import type { ReactNode } from "react";

export interface LinkProps {
  /** Below the prefix: `/tools/database__run_sql`, with its parts encoded, and perhaps `?server=x`. */
  readonly to: string;
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
}

/** To another page of the dashboard. */
export function Link({ to, className, title, children }: LinkProps) {
  const [path = "/", query = ""] = to.split("?");
  const search = Object.fromEntries(new URLSearchParams(query));
  return (
    <RouterLink
      to={decodeURI(path) as never}
      search={search as never}
      {...(className && { className })}
      {...(title && { title })}
    >
      {children}
    </RouterLink>
  );
}

import { Link as RouterLink } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { GROUPS, PAGES, type PageEntry } from "../routes.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Mark } from "../ui/mark.tsx";
import "./navigation.css";

export interface NavigationProps {
  /** On a narrow screen, where it lies over the page. */
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function Navigation({ open, onOpenChange }: NavigationProps) {
  return (
    <>
      <aside className="nav nav-wide">
        <Brand />
        <Pages />
      </aside>
      <Dialog.Root open={open} onOpenChange={onOpenChange}>
        <Dialog.Portal>
          <Dialog.Overlay className="dialog-ground" />
          <Dialog.Content className="nav nav-over" aria-describedby={undefined}>
            <Dialog.Title className="visually-hidden">Pages</Dialog.Title>
            <div className="nav-top">
              <Brand />
              <Dialog.Close asChild>
                <Button look="quiet" icon="close" iconOnly>
                  Close
                </Button>
              </Dialog.Close>
            </div>
            <Pages />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}

function Brand() {
  return (
    <RouterLink to="/" className="nav-brand">
      <Mark size={26} />
      Trestle
    </RouterLink>
  );
}

function Pages() {
  return (
    <nav className="nav-pages" aria-label="Pages">
      {GROUPS.map((group) => {
        const pages = PAGES.filter((page) => page.group === group);
        return pages.length === 0 ? null : (
          <div key={group}>
            <h2 className="nav-group">{group}</h2>
            <ul className="nav-list">
              {pages.map((page) => (
                <li key={page.path}>
                  <Entry {...page} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Entry({ path, title, icon = "right" }: PageEntry) {
  return (
    <RouterLink
      to={path as never}
      className="nav-link"
      activeOptions={{ exact: path === "/", includeSearch: false }}
    >
      <Icon name={icon} />
      {title}
    </RouterLink>
  );
}

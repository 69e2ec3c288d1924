import { useState } from "react";
import type { FeedState } from "../feed/connection.ts";
import { useLive, useRetryFeed } from "../feed/feed-provider.tsx";
import { LoginForm } from "../session/login-form.tsx";
import { useLogout, useSession } from "../session/session.tsx";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { type Theme, useTheme } from "./theme.ts";

export interface TopBarProps {
  readonly openNavigation: () => void;
  readonly openPalette: () => void;
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export function TopBar({ openNavigation, openPalette }: TopBarProps) {
  return (
    <header className="top">
      <Button className="top-menu" look="quiet" icon="menu" iconOnly onClick={openNavigation}>
        Pages
      </Button>
      <button type="button" className="top-ask" onClick={openPalette}>
        <Icon name="search" />
        <span>Go to a page, server or tool</span>
        <kbd className="key">{isMac ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <div className="top-end">
        <FeedLight />
        <ThemeMenu />
        <AccountMenu />
      </div>
    </header>
  );
}

const FEED: Readonly<
  Record<FeedState, { readonly tone: Tone; readonly words: string; readonly means: string }>
> = {
  live: { tone: "ok", words: "Live", means: "The page shows what happens as it happens." },
  connecting: {
    tone: "quiet",
    words: "Connecting",
    means: "The page connects to the feed of events.",
  },
  lost: {
    tone: "warn",
    words: "Reconnecting",
    means: "The feed of events is lost: press to try at once.",
  },
  refused: {
    tone: "bad",
    words: "Not live",
    means: "This key may not read the feed any more: load the page anew.",
  },
};

function FeedLight() {
  const state = useLive((live) => live.state);
  const retry = useRetryFeed();
  const { tone, words, means } = FEED[state];
  return (
    <button type="button" className="top-feed" title={means} onClick={retry}>
      <Badge tone={tone} dot={state === "live" ? "live" : true}>
        <span role="status">{words}</span>
      </Badge>
    </button>
  );
}

const THEMES = [
  { theme: "system", label: "As the system", icon: "screen" },
  { theme: "light", label: "Light", icon: "sun" },
  { theme: "dark", label: "Dark", icon: "moon" },
] as const satisfies readonly {
  readonly theme: Theme;
  readonly label: string;
  readonly icon: string;
}[];

function ThemeMenu() {
  const [chosen, choose] = useTheme();
  const icon = THEMES.find(({ theme }) => theme === chosen)?.icon ?? "screen";
  return (
    <Menu
      trigger={
        <Button look="quiet" icon={icon} iconOnly>
          Colours
        </Button>
      }
      groups={[
        THEMES.map(({ theme, label, icon: own }) => ({
          label,
          icon: own,
          checked: theme === chosen,
          onSelect: () => choose(theme),
        })),
      ]}
    />
  );
}

function AccountMenu() {
  const { principal, admin, session } = useSession();
  const [asks, setAsks] = useState(false);
  const logout = useLogout();
  const item: MenuItem = session
    ? { label: "Log out", icon: "logout", onSelect: () => void logout() }
    : { label: "Log in with a key", icon: "keys", onSelect: () => setAsks(true) };
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" icon="person" iconOnly>
            {`You: ${principal.id}`}
          </Button>
        }
        heading={
          <>
            <strong>{principal.id}</strong>
            <br />
            {admin ? "May do everything" : "May look, and do what its scopes allow"}
          </>
        }
        groups={[[item]]}
      />
      <Dialog
        open={asks}
        onOpenChange={setAsks}
        size="s"
        title="Log in with a key"
        description="The bridge lets this machine look without one. The admin credential, in admin.key of its home, lets you change things."
      >
        <LoginForm done={() => setAsks(false)} />
      </Dialog>
    </>
  );
}

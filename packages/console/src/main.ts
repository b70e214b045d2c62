import type { RecordingReport } from '@callreel/contract/recording-report.ts';
import { CallView } from './call-view.ts';
import { FilesView } from './files-view.ts';
import { chooseLanguage, currentLanguage } from './language.ts';
import { find, relabel } from './page.ts';
import { Player } from './player.ts';
import { parseRoute, type Route } from './route.ts';
import { apiOf, forgetSession, noteExpiry, type Session, storedSession, takeExpiry } from './session.ts';
import { SignInView } from './sign-in-view.ts';

const byId = (id: string): HTMLElement => find(document, `#${id}`, HTMLElement);

type Views = { session: Session; call: CallView; files: FilesView };

/** The whole page: which section is seen, and as whom. */
class Page {
  readonly #signIn = new SignInView(byId('sign-in'), (session) => this.#enter(session));
  readonly #player = new Player(find(document, '#player', HTMLDialogElement), (id) => this.#reportOf(id));
  readonly #timeZone = find(document, 'meta[name="callreel-time-zone"]', HTMLMetaElement).content;
  #views: Views | undefined;

  start(): void {
    this.#wireBar();
    this.#applyLanguage();
    addEventListener('hashchange', () => this.#follow());
    // A page taken back out of the browser's cache said goodbye when it went in: it begins anew.
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) location.reload();
    });
    const session = storedSession();
    if (session === undefined) this.#showSignIn();
    else this.#enter(session);
  }

  /** A merged file has none. */
  async #reportOf(id: number): Promise<RecordingReport | undefined> {
    const session = this.#views?.session;
    return session && (await apiOf(session).recording(id)).report;
  }

  #wireBar(): void {
    byId('sign-out').addEventListener('click', leavePage);
    byId('language').addEventListener('click', () => {
      chooseLanguage(currentLanguage() === 'en' ? 'zh' : 'en');
      this.#applyLanguage();
    });
  }

  #applyLanguage(): void {
    const language = currentLanguage();
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    const button = byId('language');
    button.textContent = language === 'zh' ? 'English' : '中文';
    button.lang = language === 'zh' ? 'en' : 'zh-CN';
    relabel(document);
  }

  #enter(session: Session): void {
    const onSignedOut = () => {
      noteExpiry();
      leavePage();
    };
    const shared = { session, player: this.#player, onSignedOut };
    this.#views = {
      session,
      call: new CallView({ ...shared, root: byId('call'), onPresence: (inCall) => this.#showPresence(inCall) }),
      files: new FilesView({ ...shared, root: byId('files'), timeZone: this.#timeZone }),
    };
    byId('app-name').textContent = `${session.org}/${session.app}`;
    this.#follow();
  }

  #showSignIn(): void {
    const route = parseRoute(location.hash);
    this.#show('sign-in');
    const expired = takeExpiry();
    if (route.view === 'join') this.#signIn.prepare('signIn.toJoin', route);
    else this.#signIn.prepare(expired ? 'signIn.expired' : undefined);
  }

  #follow(): void {
    const route = parseRoute(location.hash);
    if (this.#views === undefined) this.#showSignIn();
    else if (route.view === 'join' && !isOfSession(route, this.#views.session)) leavePage();
    else this.#showRoute(route, this.#views);
  }

  #showRoute(route: Route, { call, files }: Views): void {
    if (route.view === 'files') void files.refresh();
    else call.invite(route.view === 'join' ? route.confrId : undefined);
    this.#show(route.view === 'files' ? 'files' : 'call');
  }

  #show(section: 'sign-in' | 'call' | 'files'): void {
    for (const name of ['sign-in', 'call', 'files']) byId(name).hidden = name !== section;
    for (const name of ['navigation', 'app-name', 'sign-out']) byId(name).hidden = section === 'sign-in';
    for (const link of document.querySelectorAll('#navigation a')) {
      if (link instanceof HTMLElement && link.dataset.route === section) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  #showPresence(inCall: boolean): void {
    find(byId('navigation'), '.live-dot', HTMLElement).hidden = !inCall;
  }
}

const isOfSession = (route: Extract<Route, { view: 'join' }>, { org, app }: Session): boolean =>
  route.org.toLowerCase() === org.toLowerCase() && route.app.toLowerCase() === app.toLowerCase();

/** Signs out by loading the page anew: a call ends as when the page closes, and nothing of it is left. */
const leavePage = (): void => {
  forgetSession();
  location.reload();
};

new Page().start();

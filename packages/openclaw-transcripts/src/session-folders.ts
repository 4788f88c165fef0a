import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

/** Directories beside agents or transcripts in which OpenClaw keeps other things. */
const NOT_ENTERED = new Set(['node_modules', 'skills-prompts']);
/** What stands for the agent's id in OpenClaw's setting `session.store`. */
const AGENT = '{agentId}';

/**
 * The directories in which OpenClaw keeps transcripts, locks and catalogs. Whatever else is beside them (workspaces,
 * recordings, the files of other programs) is not entered.
 */
export interface SessionFolders {
  /** The directory that is followed. */
  readonly root: string;
  /** Whether transcripts and locks are in this directory itself. */
  has(directory: string): boolean;
  /** Whether a directory may hold such a folder, or is one. `parent`: the directory above it, which is entered. */
  leadsTo(name: string, parent: string): boolean;
  /** Whether a name in one of them is a catalog. */
  isCatalog(name: string): boolean;
  /** Whether a folder may be below this directory, which is entered. */
  isAbove(directory: string): boolean;
}

/**
 * The folders below a directory that an operator names: that directory itself, the `sessions` of an agent's directory,
 * `<agent>/sessions` of the agents' directory, or `agents/<agent>/sessions` of OpenClaw's own directory.
 */
export function foldersBelow(root: string): SessionFolders {
  /** OpenClaw's own directory has one for its agents; an agent that is called `agents` has sessions. */
  const isOpenClaws = (): boolean =>
    isDirectory(join(root, 'agents')) && !isDirectory(join(root, 'agents', 'sessions'));
  return {
    root,
    isCatalog: (name) => name === 'sessions.json',
    has(directory) {
      const names = namesBelow(root, directory);
      if (names.length === 0) return true;
      return names.at(-1) === 'sessions' && (names.length <= 2 || (names.length === 3 && names[0] === 'agents'));
    },
    isAbove(directory) {
      const names = namesBelow(root, directory);
      return (
        names.length === 0 ||
        (names.length === 1 && names[0] !== 'sessions') ||
        (names.length === 2 && names[0] === 'agents')
      );
    },
    leadsTo(name, parent) {
      if (name.startsWith('.') || NOT_ENTERED.has(name)) return false;
      const above = namesBelow(root, parent);
      if (above.length === 0) return name === 'agents' || !isOpenClaws();
      const isBelowAgents = above[0] === 'agents' && isOpenClaws();
      if (above.length === 1) return isBelowAgents || name === 'sessions';
      return above.length === 2 && isBelowAgents && name === 'sessions';
    },
  };
}

/**
 * The folders of OpenClaw's setting `session.store`: an absolute path of a catalog, with `{agentId}` where each agent has
 * one of its own. Transcripts may be beside their catalog.
 */
export function foldersOfStore(store: string): SessionFolders {
  const catalog = toPattern(basename(store));
  const directories = dirname(store).split(sep);
  const firstOfAgent = directories.findIndex((name) => name.includes(AGENT));
  const root = firstOfAgent === -1 ? dirname(store) : directories.slice(0, firstOfAgent).join(sep) || sep;
  const below = firstOfAgent === -1 ? [] : directories.slice(firstOfAgent).map(toPattern);
  const fit = (names: readonly string[]): boolean => names.every((name, index) => below[index]?.test(name) === true);
  return {
    root,
    isCatalog: (name) => catalog.test(name),
    has(directory) {
      const names = namesBelow(root, directory);
      return names.length === below.length && fit(names);
    },
    isAbove: (directory) => namesBelow(root, directory).length < below.length,
    leadsTo: (name, parent) => fit([...namesBelow(root, parent), name]),
  };
}

/**
 * The usual folders of an OpenClaw whose catalogs are in a store: transcripts and locks are there, and catalogs of before
 * that setting. One that is the same directory as the store's is left to the store.
 */
export function foldersBesideStore(usual: SessionFolders, store: string): SessionFolders {
  const isOfStore = new Map<string, boolean>();
  const isStores = (directory: string): boolean => {
    const agentId = basename(basename(directory) === 'sessions' ? dirname(directory) : directory);
    return isSame(dirname(store.replaceAll(AGENT, agentId)), directory);
  };
  return {
    ...usual,
    isCatalog: () => false,
    has(directory) {
      if (!usual.has(directory)) return false;
      const known = isOfStore.get(directory) ?? isStores(directory);
      isOfStore.set(directory, known);
      return !known;
    },
  };
}

/** Whether a directory at or below the root is entered. */
export function isEntered(folders: SessionFolders, directory: string): boolean {
  if (directory !== folders.root && !directory.startsWith(folders.root + sep)) return false;
  const names = namesBelow(folders.root, directory);
  return names.every((name, index) => folders.leadsTo(name, join(folders.root, ...names.slice(0, index))));
}

function toPattern(name: string): RegExp {
  return new RegExp(`^${name.split(AGENT).map(escapeForRegExp).join('[^.].*')}$`);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function namesBelow(root: string, directory: string): readonly string[] {
  return directory === root ? [] : relative(root, directory).split(sep);
}

function isSame(path: string, other: string): boolean {
  try {
    return realpathSync(path) === realpathSync(other);
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

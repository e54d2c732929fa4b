/**
 * Replacing the content of a file in one step: a new file beside it is written, flushed to the disk and renamed over it, and then the
 * directory is flushed. Readers, and a system that crashes, find the old content or the new.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { codeOf } from './errno.ts';
import { toBuffer, toText } from './latin1.ts';

/** Who may do what with a file that was not there before, together with the process's own mask. */
const NEW_FILE_PERMISSIONS = 0o666;

/** Paths and bytes are byte text. Fails with the system's error. */
export async function replaceFile(path: string, bytes: string): Promise<void> {
  const target = await realpath(toBuffer(path), { encoding: 'buffer' }).then(
    (found) => toText(found),
    (error) => {
      if (codeOf(error) === 'ENOENT' && !path.endsWith('/')) return path;
      throw error;
    },
  );
  const old = await stat(toBuffer(target)).catch(() => null);
  if (old !== null && !old.isFile()) throw { code: old.isDirectory() ? 'EISDIR' : 'EINVAL' };

  const folder = target.includes('/') ? target.slice(0, target.lastIndexOf('/') + 1) : './';
  const beside = toBuffer(`${folder}.${randomBytes(8).toString('hex')}.tmp`);
  const file = await open(
    beside,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
    old === null ? NEW_FILE_PERMISSIONS : 0o600,
  );
  try {
    try {
      await file.writeFile(toBuffer(bytes));
      if (old !== null) {
        await file.chown(old.uid, old.gid).catch(() => {}); // only for those who may
        await file.chmod(old.mode & 0o7777);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, toBuffer(target));
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
  await syncPath(folder).catch(() => {}); // some file systems cannot flush a directory; the file is in its place
}

/** Flushes a file, or the entries of a directory, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const file: FileHandle = await open(toBuffer(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

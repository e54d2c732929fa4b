/** How much may be on its way in one direction of a stream. */
import { CREDIT } from './frames.ts';

/** Credit is given back when so much was used: a frame for each chunk would be as many frames as data. */
const GIVE_BACK = CREDIT / 2;

/** The end that sends. */
export class SendCredit {
  left = CREDIT;

  /** The other end has returned credit; false if it returns more than it received. */
  give(bytes: number): boolean {
    if (bytes === 0 || this.left + bytes > CREDIT) return false;
    this.left += bytes;
    return true;
  }
}

/** The end that receives. */
export class ReceiveCredit {
  /** What the other end may still send. */
  #open = CREDIT;
  /** Used, and not given back yet. */
  #used = 0;

  /** Bytes came; false if the other end had no credit for them. */
  arrived(bytes: number): boolean {
    this.#open -= bytes;
    return this.#open >= 0;
  }

  /** Bytes were used. Returns how much credit is to be given back now; 0 for none yet. */
  used(bytes: number): number {
    this.#used += bytes;
    if (this.#used < GIVE_BACK) return 0;
    const given = this.#used;
    this.#used = 0;
    this.#open += given;
    return given;
  }
}

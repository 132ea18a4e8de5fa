// The workbench's feed in; what is new since the last look out: log lines, what was sent, what the networks received.

/** Asks for no more than what is new. A workbench that was begun anew is noticed by its run's name. */
export class Feed {
  constructor(address) {
    this.address = address;
    this.run = null;
    this.forget();
  }

  forget() {
    this.next = { lines: 0, sent: 0, requests: 0 };
  }

  /** `{fresh, first, lines, sent, requests, gate, more}`: `fresh` says that everything before is to be forgotten. */
  async poll() {
    const answer = await this._ask();
    const fresh = this.run !== null && answer.run !== this.run;
    this.run = answer.run;
    if (fresh) {
      this.forget();
      return { ...(await this._take(await this._ask())), fresh };
    }
    return { ...this._take(answer), fresh };
  }

  async _ask() {
    const answer = await fetch(`${this.address}?${new URLSearchParams(this.next)}`, { cache: 'no-store' });
    if (!answer.ok) throw new Error(`${this.address} answered ${answer.status}`);
    return answer.json();
  }

  _take(answer) {
    this.next = answer.next;
    return answer;
  }
}

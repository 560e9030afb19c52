import { Flights } from './flights.ts'

/** The reads under way, by credential key: whoever asks for the same credential meanwhile joins them. */
export class Loads<Entry, Record> {
  /** Of the shared cache. */
  readonly entries = new Flights<Entry | undefined>()
  /** Of the store. */
  readonly records = new Flights<Record | undefined>()

  /** Lets later callers read anew, because the credential has changed. */
  forget(key: string): void {
    this.entries.forget(key)
    this.records.forget(key)
  }

  /** Lets later callers read everything anew, because changes may have been missed. */
  forgetAll(): void {
    this.entries.forgetAll()
    this.records.forgetAll()
  }
}

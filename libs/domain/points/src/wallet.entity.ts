import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `points.wallets`. Sums of postings, signed as posted. */
@Entity({ schema: 'points', name: 'wallets', synchronize: false })
export class WalletRow {
  @PrimaryColumn('text')
  member!: string;

  @PrimaryColumn('text')
  program!: string;

  /** Points were owed or waived at some time, or expire by inactivity: what its lots hold at an instant follows from all of its entries. */
  @Column('boolean')
  tangled!: boolean;

  @Column('bigint')
  held!: number;

  @Column('bigint')
  reserved!: number;

  /** Negative while points are owed. */
  @Column('bigint')
  owed!: number;
}

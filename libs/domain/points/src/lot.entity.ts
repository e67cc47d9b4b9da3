import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `points.lots`. Sums of postings, signed as posted; instants arrive as Dates. */
@Entity({ schema: 'points', name: 'lots', synchronize: false })
export class LotRow {
  @PrimaryColumn('text')
  member!: string;

  @PrimaryColumn('text')
  program!: string;

  @PrimaryColumn('text')
  lot!: string;

  @Column('text', { nullable: true })
  origin!: 'purchase' | 'adjustment' | 'opening' | 'transfer' | null;

  @Column('timestamptz', { nullable: true })
  at!: Date | null;

  @Column('timestamptz', { name: 'active_from', nullable: true })
  activeFrom!: Date | null;

  /** Null = never. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('bigint')
  issued!: number;

  @Column('bigint')
  received!: number;

  @Column('bigint')
  held!: number;

  @Column('bigint')
  reserved!: number;

  @Column('bigint')
  spent!: number;

  @Column('bigint')
  expired!: number;

  @Column('bigint')
  reversed!: number;

  @Column('bigint')
  sent!: number;

  @Column('bigint')
  owed!: number;

  @Column({ type: 'boolean', insert: false, update: false })
  open!: boolean;
}

-- An event was delivered: takes it out of its lane, then notes that the receiver takes events. In this order, as everyone who needs
-- both locks lane before standing; the parts of one statement have no order. The standing is written every ten seconds at most:
-- its row would be the hottest of all.
CREATE FUNCTION {schema}.delivered(of_webhook text, of_subject text, of_seq bigint, of_claim bigint, now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM {schema}.take_out(of_webhook, of_subject, of_seq, of_claim, now);
  UPDATE {schema}.standings SET failures = 0, failing_since = NULL, failure = NULL, not_before = NULL, delivered = now
  WHERE webhook = of_webhook AND (failures > 0 OR delivered IS NULL OR delivered < now - interval '10 s');
END $$;

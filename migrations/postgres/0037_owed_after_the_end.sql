-- Money owed to a patient stays on the billing list when the visit has ended.
UPDATE visits SET billing_since = (
    SELECT MIN(bills.billed_at) FROM bills
    WHERE bills.tenant_id = visits.tenant_id AND bills.visit_id = visits.visit_id AND bills.balance < 0
) WHERE ended_at IS NOT NULL;

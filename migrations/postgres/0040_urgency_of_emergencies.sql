-- An emergency by its kind is as urgent as one by its priority, whatever priority it was registered with.
UPDATE visits SET priority = 'EMERGENCY', urgency = 0 WHERE visit_type = 'EMERGENCY' AND urgency <> 0;

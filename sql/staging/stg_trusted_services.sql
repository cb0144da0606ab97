/*
title = "Services with trusted access to the organization"
*/
select service_principal, enabled_at
from raw_trusted_services

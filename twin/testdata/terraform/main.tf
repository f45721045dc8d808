terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "1.15.0"
    }
  }
}

provider "azapi" {}

# A management group, a policy at it, and a subscription in it.
resource "azapi_resource" "mg" {
  type      = "Microsoft.Management/managementGroups@2023-04-01"
  parent_id = "/"
  name      = "mg-ai"
  body = {
    properties = {
      displayName = "AI"
    }
  }
}

resource "azapi_resource" "policy" {
  type      = "Microsoft.Authorization/policyDefinitions@2024-05-01"
  parent_id = azapi_resource.mg.id
  name      = "require-owner"
  body = {
    properties = {
      displayName = "Require an owner"
      policyType  = "Custom"
      mode        = "Indexed"
      policyRule = {
        if   = { field = "tags['owner']", exists = "false" }
        then = { effect = "audit" }
      }
    }
  }
}

resource "azapi_resource" "assignment" {
  type      = "Microsoft.Authorization/policyAssignments@2024-05-01"
  parent_id = azapi_resource.mg.id
  name      = "require-owner"
  location  = "swedencentral"
  identity {
    type = "SystemAssigned"
  }
  body = {
    properties = {
      displayName        = "Require an owner"
      policyDefinitionId = azapi_resource.policy.id
      enforcementMode    = "Default"
    }
  }
}

resource "azapi_resource" "subscription" {
  type      = "Microsoft.Subscription/aliases@2021-10-01"
  parent_id = "/"
  name      = "atlas-prod"
  body = {
    properties = {
      displayName  = "atlas-prod"
      workload     = "Production"
      billingScope = "/providers/Microsoft.Billing/billingAccounts/1234567/enrollmentAccounts/123456"
    }
  }
  response_export_values = ["properties.subscriptionId"]
}

resource "azapi_resource" "place" {
  type                      = "Microsoft.Management/managementGroups/subscriptions@2023-04-01"
  parent_id                 = azapi_resource.mg.id
  name                      = azapi_resource.subscription.output.properties.subscriptionId
  body                      = {}
  schema_validation_enabled = false
}

# What a workload has in the subscription.
resource "azapi_resource" "rg" {
  type      = "Microsoft.Resources/resourceGroups@2024-03-01"
  parent_id = "/subscriptions/${azapi_resource.subscription.output.properties.subscriptionId}"
  name      = "rg-atlas-prod"
  location  = "swedencentral"
  tags      = { owner = "atlas@northwind.example" }
  body      = {}

  depends_on = [azapi_resource.place]
}

resource "azapi_resource" "identity" {
  type                   = "Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31"
  parent_id              = azapi_resource.rg.id
  name                   = "id-atlas"
  location               = "swedencentral"
  body                   = {}
  response_export_values = ["properties.principalId", "properties.clientId"]
}

resource "azapi_resource" "storage" {
  type      = "Microsoft.Storage/storageAccounts@2023-05-01"
  parent_id = azapi_resource.rg.id
  name      = "statlasprod"
  location  = "swedencentral"
  tags      = { owner = "atlas@northwind.example" }
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azapi_resource.identity.id]
  }
  body = {
    sku  = { name = "Standard_ZRS" }
    kind = "StorageV2"
    properties = {
      minimumTlsVersion = "TLS1_2"
    }
  }
}

# Blob services are there as soon as their account is.
resource "azapi_update_resource" "blob" {
  type        = "Microsoft.Storage/storageAccounts/blobServices@2023-05-01"
  resource_id = "${azapi_resource.storage.id}/blobServices/default"
  body = {
    properties = {
      deleteRetentionPolicy = { enabled = true, days = 7 }
    }
  }
}

# A role, given at a resource: the reader of blobs.
resource "azapi_resource" "role" {
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = azapi_resource.storage.id
  name      = "5e3a1c1e-0000-4000-8000-000000000001"
  body = {
    properties = {
      roleDefinitionId = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
      principalId      = azapi_resource.identity.output.properties.principalId
      principalType    = "ServicePrincipal"
    }
  }
}

# A network whose subnets are resources of their own, at a version that this
# provider has no schema for.
resource "azapi_resource" "vnet" {
  type                      = "Microsoft.Network/virtualNetworks@2025-09-01"
  parent_id                 = azapi_resource.rg.id
  name                      = "vnet-atlas"
  location                  = "swedencentral"
  schema_validation_enabled = false
  body = {
    properties = {
      addressSpace = { addressPrefixes = ["10.10.0.0/20"] }
    }
  }
}

resource "azapi_resource" "subnet" {
  type                      = "Microsoft.Network/virtualNetworks/subnets@2025-09-01"
  parent_id                 = azapi_resource.vnet.id
  name                      = "snet-train"
  schema_validation_enabled = false
  body = {
    properties = {
      addressPrefix = "10.10.0.0/22"
    }
  }
}

# One whose subnets are its own properties.
resource "azapi_resource" "hub" {
  type      = "Microsoft.Network/virtualNetworks@2024-01-01"
  parent_id = azapi_resource.rg.id
  name      = "vnet-hub"
  location  = "swedencentral"
  body = {
    properties = {
      addressSpace = { addressPrefixes = ["10.0.0.0/20"] }
      subnets = [
        { name = "snet-b", properties = { addressPrefix = "10.0.1.0/24" } },
        { name = "snet-a", properties = { addressPrefix = "10.0.0.0/24" } },
      ]
    }
  }
}

data "azapi_resource" "subnet" {
  type                   = "Microsoft.Network/virtualNetworks/subnets@2024-01-01"
  resource_id            = "${azapi_resource.hub.id}/subnets/snet-a"
  response_export_values = ["properties.addressPrefix"]
}

output "prefix" {
  value = jsondecode(data.azapi_resource.subnet.output).properties.addressPrefix
}
